import assert from "node:assert/strict";
import { test } from "node:test";
import { HostError, type Store } from "@causeway/kernel";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What any Store promises; the simulator's must pass it as the real one does. */
export function storeContract(name: string, make: () => Promise<Store>): void {
  void test(`${name}: what is written is read, replaced and listed`, async () => {
    const store = await make();
    assert.equal(await store.read("metadata/root.json", 10), undefined);
    assert.deepEqual(await store.list("metadata"), []);
    await store.write("metadata/root.json", bytes("one"));
    await store.write("metadata/a.json", bytes(""));
    await store.write("metadata/root.json", bytes("two"));
    assert.deepEqual(await store.read("metadata/root.json", 3), bytes("two"));
    assert.deepEqual(await store.list("metadata"), ["a.json", "root.json"]);
    assert.deepEqual(await store.list(""), []);
  });

  void test(`${name}: a file over its bound is damage, not memory`, async () => {
    const store = await make();
    await store.write("state", bytes("four"));
    await assert.rejects(store.read("state", 3), isHostError("HOST_CORRUPT_STATE"));
  });

  void test(`${name}: an open file is read and written in place`, async () => {
    const store = await make();
    const file = await store.open("deep/er/part", "create");
    await file.writeAt(bytes("world"), 6);
    await file.writeAt(bytes("hello "), 0);
    assert.equal(await file.length(), 11);
    await file.sync();
    const into = new Uint8Array(20);
    assert.equal(await file.readAt(into, 6), 5);
    assert.equal(await file.readAt(into, 11), 0);
    await file.truncate(5);
    await file.sync();
    await file.close();
    await store.rename("deep/er/part", "done");
    assert.deepEqual(await store.read("done", 100), bytes("hello"));
    assert.deepEqual(await store.list("deep/er"), []);
    const again = await store.open("done", "create");
    assert.equal(await again.length(), 5, "opening to write keeps what is there");
    await again.close();
  });

  void test(`${name}: an open file knows whether its name is still its own`, async () => {
    const store = await make();
    const file = await store.open("out/part", "create");
    await file.writeAt(bytes("mine"), 0);
    assert.equal(await file.isInPlace?.(), true);
    await store.remove("out/part");
    assert.equal(await file.isInPlace?.(), false, "it was removed");
    const other = await store.open("out/part", "create");
    assert.equal(await file.isInPlace?.(), false, "another one has its name");
    assert.equal(await other.isInPlace?.(), true);
    await Promise.all([file.close(), other.close()]);
  });

  void test(`${name}: reading needs the file, removing does not`, async () => {
    const store = await make();
    await assert.rejects(store.open("none", "read"), isHostError("HOST_MISSING"));
    await assert.rejects(store.rename("none", "some"), isHostError("HOST_MISSING"));
    await store.remove("none");
    await store.write("some", bytes("x"));
    await store.remove("some");
    assert.equal(await store.read("some", 1), undefined);
  });

  void test(`${name}: no name leaves the folder`, async () => {
    const store = await make();
    for (const wrong of ["", "..", "../x", "a/../../x", "/etc/passwd", "a//b", "./a", "a\0b"]) {
      await assert.rejects(store.write(wrong, bytes("x")), isHostError("HOST_DENIED"));
      await assert.rejects(store.read(wrong, 1), isHostError("HOST_DENIED"));
    }
  });
}

export function isHostError(code: string): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof HostError, String(error));
    assert.equal(error.code, code, error.message);
    return true;
  };
}
