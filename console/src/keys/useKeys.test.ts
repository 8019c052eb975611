import { expect, test } from "vitest";
import { nextPlace, pressed } from "./useKeys";

const plain = { ctrlKey: false, metaKey: false, altKey: false };

test("keys have names; a lead key makes a sequence while it is fresh", () => {
  expect(pressed({ ...plain, key: "j" }, null, 0)).toBe("j");
  expect(pressed({ ...plain, key: "K", metaKey: true }, null, 0)).toBe("mod+k");
  expect(pressed({ ...plain, key: "a" }, { key: "g", at: 0 }, 500)).toBe("g a");
  expect(pressed({ ...plain, key: "a" }, { key: "g", at: 0 }, 5000)).toBe("a");
});

test("a step goes to the neighbour, stays at the ends, and begins at the first", () => {
  expect([nextPlace(-1, 1, 3), nextPlace(-1, -1, 3)]).toEqual([0, 0]);
  expect([nextPlace(0, 1, 3), nextPlace(2, 1, 3), nextPlace(0, -1, 3)]).toEqual([1, 2, 0]);
});
