import { expect, test } from "vitest";
import { resolveUri } from "../src/json-schema/resolve-uri.ts";

const BASE = "http://a/b/c/d;p?q";

// RFC 3986 §5.4.1 and §5.4.2, fragments apart.
test.for<[string, string, string]>([
  ["g:h", "g:h", ""],
  ["g", "http://a/b/c/g", ""],
  ["./g", "http://a/b/c/g", ""],
  ["g/", "http://a/b/c/g/", ""],
  ["/g", "http://a/g", ""],
  ["//g", "http://g", ""],
  ["?y", "http://a/b/c/d;p?y", ""],
  ["g?y", "http://a/b/c/g?y", ""],
  ["#s", "http://a/b/c/d;p?q", "s"],
  ["g#s", "http://a/b/c/g", "s"],
  ["g?y#s/../x", "http://a/b/c/g?y", "s/../x"],
  [";x", "http://a/b/c/;x", ""],
  ["", "http://a/b/c/d;p?q", ""],
  [".", "http://a/b/c/", ""],
  ["./", "http://a/b/c/", ""],
  ["..", "http://a/b/", ""],
  ["../", "http://a/b/", ""],
  ["../g", "http://a/b/g", ""],
  ["../..", "http://a/", ""],
  ["../../g", "http://a/g", ""],
  ["../../../g", "http://a/g", ""],
  ["/./g", "http://a/g", ""],
  ["/../g", "http://a/g", ""],
  ["g.", "http://a/b/c/g.", ""],
  ["..g", "http://a/b/c/..g", ""],
  ["g;x=1/../y", "http://a/b/c/y", ""],
])("%s", ([reference, resource, fragment]) => {
  expect(resolveUri(reference, BASE)).toStrictEqual({ resource, fragment });
});

test.for<[string, string, string]>([
  ["#/a", "", ""],
  ["item.json", "", "item.json"],
  ["#a", "urn:uuid:1", "urn:uuid:1"],
  ["g", "http://a", "http://a/g"],
  ["other", "dir/item.json", "dir/other"],
])("%s against %s", ([reference, base, resource]) => {
  expect(resolveUri(reference, base).resource).toBe(resource);
});
