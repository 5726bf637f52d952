// Loaded before a test file without suites. node:test follows every promise, to tell which test an
// uncaught error belongs to: a fifth of the work of whoever makes many. Without, it fails the file.
import { createHook } from "node:async_hooks";

Object.getPrototypeOf(createHook({})).enable = function enable() {
  return this;
};
