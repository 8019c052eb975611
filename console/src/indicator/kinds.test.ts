import { expect, test } from "vitest";
import { huntFor, kindOf } from "./kinds";

test.each([
  ["sha256", "ab", "sha256"],
  ["destination", "203.0.113.7:443", "ip"],
  ["destination", "cdn.example.net:443", "domain"],
  ["destination", "https://cdn.example.net/", "url"],
  ["value", "HKCU\\Software\\Run", "registry"],
  ["value", "C:\\Users\\x", "path"],
  ["user", "MINATO\\tanaka", "text"],
])("%s %s is %s", (name, value, kind) => {
  expect(kindOf(name, value)).toBe(kind);
});

test("a quote in a value stays inside its literal", () => {
  expect(huntFor("path", "C:\\o'brien' OR 1=1 --")).toContain("process_image = 'C:\\o''brien'' OR 1=1 --'");
});

test("ports are left out of the question", () => {
  expect(huntFor("ip", "203.0.113.7:443")).toContain("network_dst_ip = '203.0.113.7'");
  expect(huntFor("ip", "2001:db8::1")).toContain("'2001:db8::1'");
});
