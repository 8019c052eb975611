import { expect, test, vi } from "vitest";
import { ApiError } from "./client";
import { guarded } from "./guarded";

const conflict = () => new ApiError(409, "conflict", "changed", null, null);
const seen = { version: 3, assignee: null as string | null };

test("what only the machine has changed is sent again with the fresh version", async () => {
  const send = vi.fn().mockRejectedValueOnce(conflict()).mockResolvedValueOnce("done");
  const read = async () => ({ version: 4, assignee: null });
  expect(await guarded(seen, (fresh) => fresh.assignee === seen.assignee, read, send)).toBe("done");
  expect(send.mock.calls).toEqual([[3], [4]]);
});

test("what a person has changed is a conflict for the person to see", async () => {
  const send = vi.fn().mockRejectedValue(conflict());
  const read = async () => ({ version: 4, assignee: "p2" as string | null });
  await expect(guarded(seen, (fresh) => fresh.assignee === seen.assignee, read, send)).rejects.toThrow(ApiError);
  expect(send).toHaveBeenCalledTimes(1);
});

test("other failures are told as they are and nothing is read", async () => {
  const read = vi.fn();
  const refused = new ApiError(403, "forbidden", "no", null, null);
  await expect(guarded(seen, () => true, read, async () => Promise.reject(refused))).rejects.toBe(refused);
  expect(read).not.toHaveBeenCalled();
});
