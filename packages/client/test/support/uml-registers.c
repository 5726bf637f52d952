/*
 * Lets User Mode Linux 6.1 run on processors with AMX. The kernel takes the extended registers of
 * a traced process (NT_X86_XSTATE) back only whole, and on those they are longer than the buffer
 * that User Mode Linux has for them: it ends by SIGABRT before its first program. Preloaded, this
 * takes the rest from the process itself.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static char registers[64 * 1024];

long ptrace(enum __ptrace_request request, ...) {
  va_list rest;
  va_start(rest, request);
  pid_t pid = va_arg(rest, pid_t);
  void *address = va_arg(rest, void *);
  void *data = va_arg(rest, void *);
  va_end(rest);
  int reads = request == PTRACE_GETREGSET;
  int writes = request == PTRACE_SETREGSET;
  if ((!reads && !writes) || (long)address != NT_X86_XSTATE) {
    /* As the C library does it: what is peeked at is the result. */
    long word = 0;
    int peeks = request == PTRACE_PEEKTEXT || request == PTRACE_PEEKDATA || request == PTRACE_PEEKUSER;
    long result = syscall(SYS_ptrace, request, pid, address, peeks ? (void *)&word : data);
    return peeks && result == 0 ? word : result;
  }
  struct iovec all = {registers, sizeof registers};
  long result = syscall(SYS_ptrace, PTRACE_GETREGSET, pid, NT_X86_XSTATE, &all);
  if (result < 0) return result;
  struct iovec *part = data;
  size_t length = part->iov_len < all.iov_len ? part->iov_len : all.iov_len;
  if (reads) {
    memcpy(part->iov_base, registers, length);
    part->iov_len = length;
    return result;
  }
  memcpy(registers, part->iov_base, length);
  return syscall(SYS_ptrace, PTRACE_SETREGSET, pid, NT_X86_XSTATE, &all);
}
