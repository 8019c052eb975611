//! Every modifier of the Sigma specification 2, and values: wildcards, escapes, null, numbers, lists.

use hikeshi_event::Value;

use super::{check, matching, process, process_rule, refusal, text};

/// One selection, one field.
fn one(line: &str, value: Value<'_>, expected: bool) {
    check(&format!("s:\n    {line}\ncondition: s"), &[("CommandLine", value)], expected);
}

#[test]
fn plain_values_fill_the_field_without_case() {
    one("CommandLine: WhoAmI", text("whoami"), true);
    one("CommandLine: whoami", text("whoami /all"), false);
    one("CommandLine: ÄRGER", text("ärger"), true);
    one("CommandLine: ''", text(""), true);
    one("CommandLine: ''", text("x"), false);
    one("CommandLine: 42", text("42"), true);
    one("CommandLine: 42", Value::Integer(42), true);
    one("CommandLine: '42'", Value::Integer(42), true);
    one("CommandLine: true", Value::Bool(true), true);
    one("CommandLine: 1.5", Value::Float(1.5), true);
}

#[test]
fn contains_starts_and_ends() {
    one("CommandLine|contains: ' -Enc '", text("powershell -enc AAAA"), true);
    one("CommandLine|contains: x", text(""), false);
    one("CommandLine|startswith: 'C:\\Win'", text("c:\\windows\\x"), true);
    one("CommandLine|startswith: 'C:\\Win'", text("d:\\c:\\win"), false);
    one("CommandLine|endswith: '.EXE'", text("a.exe"), true);
    one("CommandLine|endswith: '.exe'", text("a.exe "), false);
    one("CommandLine|contains: [aa, bb]", text("xbbx"), true);
    one("CommandLine|contains|all: [aa, bb]", text("xbbx"), false);
    one("CommandLine|contains|all: [aa, bb]", text("bb aa"), true);
}

#[test]
fn wildcards_and_escapes() {
    one("CommandLine: 'net* user ?dmin'", text("net1  user admin"), true);
    one("CommandLine: 'net* user ?dmin'", text("net1 user dmin"), false);
    one("CommandLine: '?'", text("漏"), true);
    one("CommandLine: '*'", text("anything"), true);
    one("CommandLine|contains: 'a*b?c'", text("xxAzzBzCyy"), true);
    one("CommandLine: 'a\\*b'", text("a*b"), true);
    one("CommandLine: 'a\\*b'", text("azb"), false);
    one("CommandLine: 'a\\?b'", text("a?b"), true);
    one(r"CommandLine: 'C:\\\\x'", text(r"C:\\x"), true);
    one(r"CommandLine|contains: '\Temp\'", text(r"C:\Temp\a"), true);
    one(r"CommandLine|endswith: 'x\\*y'", text(r"zx\andy"), true);
}

#[test]
fn null_means_absent_or_empty() {
    check("s:\n    Image: null\ncondition: s", &[("CommandLine", text("x"))], true);
    check("s:\n    CommandLine: null\ncondition: s", &[("CommandLine", Value::Null)], true);
    check("s:\n    CommandLine: null\ncondition: s", &[("CommandLine", text(""))], true);
    check("s:\n    CommandLine: null\ncondition: s", &[("CommandLine", text("x"))], false);
    check("s:\n    CommandLine: [null, a]\ncondition: s", &[("CommandLine", text("A"))], true);
    check("s:\n    CommandLine: ''\ncondition: s", &[("CommandLine", Value::Null)], true);
    check("s:\n    CommandLine: '*'\ncondition: s", &[("CommandLine", Value::Null)], false);
}

#[test]
fn exists() {
    one("CommandLine|exists: true", text("x"), true);
    one("CommandLine|exists: true", Value::Null, false);
    one("CommandLine|exists: false", Value::Null, true);
    one("Image|exists: false", text("x"), true);
    one("Image|exists: true", text("x"), false);
}

#[test]
fn regular_expressions_and_their_flags() {
    one("CommandLine|re: 'who(am)+i'", text("x whoamami y"), true);
    one("CommandLine|re: 'whoami'", text("WHOAMI"), false);
    one("CommandLine|re|i: 'whoami'", text("WHOAMI"), true);
    one("CommandLine|re: '^b'", text("a\nb"), false);
    one("CommandLine|re|m: '^b'", text("a\nb"), true);
    one("CommandLine|re: 'a.b'", text("a\nb"), false);
    one("CommandLine|re|s: 'a.b'", text("a\nb"), true);
    one("CommandLine|re|i|s: 'A.+K'", text("a\n\u{212A}"), true);
    one("CommandLine|re: '^$'", text(""), true);
    assert!(refusal("s:\n    CommandLine|re: '(?<=a)b'\ncondition: s").contains("look-around"));
}

#[test]
fn cidr() {
    one("CommandLine|cidr: '10.0.0.0/8'", text("10.1.2.3"), true);
    one("CommandLine|cidr: ['192.0.2.0/24', 'fe80::/10']", text("fe80::1%eth0"), true);
    one("CommandLine|cidr: '10.0.0.0/8'", text("not an address"), false);
    assert!(refusal("s:\n    Ip|cidr: 'ten'\ncondition: s").contains("no network"));
}

#[test]
fn base64_and_utf16() {
    // "ping" in Base64, alone and inside; then as UTF-16.
    one("CommandLine|base64|contains: 'ping'", text("x cGluZw== y"), true);
    one("CommandLine|base64offset|contains: '/bin/bash'", text("eCAvYmluL2Jhc2ggeQ=="), true);
    one("CommandLine|wide|base64offset|contains: 'ping'", text("powershell -e IABwAGkAbgBnACAA"), true);
    one("CommandLine|utf16le|base64offset|contains: 'ping'", text("powershell -e IABwAGkAbgBnACAA"), true);
    one("CommandLine|utf16be|base64|contains: 'pi'", text("AHAAaQ=="), true);
    one("CommandLine|utf16|base64|contains: 'p'", text("//5wAA=="), true);
    one("CommandLine|wide|contains: 'pi'", text("xp\0i\0"), true);
    assert!(refusal("s:\n    CommandLine|base64: 'a*'\ncondition: s").contains("wildcards"));
}

#[test]
fn windash_takes_every_dash() {
    for dash in ['-', '/', '\u{2013}', '\u{2014}', '\u{2015}'] {
        let line = format!("certutil {dash}urlcache {dash}f");
        one("CommandLine|contains|windash: ' -urlcache -f'", text(&line), true);
        one("CommandLine|contains|windash: ' /urlcache'", text(&line), true);
    }
    one("CommandLine|contains|windash: 'a-b'", text("a/b"), false);
    one("CommandLine|endswith|windash: ' -f'", text("x /F"), true);
}

#[test]
fn cased() {
    one("CommandLine|cased: 'WhoAmI'", text("whoami"), false);
    one("CommandLine|contains|cased: 'AmI'", text("WhoAmI"), true);
}

#[test]
fn comparisons() {
    one("CommandLine|lt: 10", text("9"), true);
    one("CommandLine|lte: 10", Value::Integer(10), true);
    one("CommandLine|gt: 10", text("0x0B"), true);
    one("CommandLine|gte: 10.5", Value::Float(10.4), false);
    one("CommandLine|gt: 1", text("many"), false);
    one("CommandLine|neq: a", text("b"), true);
    one("CommandLine|neq: a", text("A"), false);
    one("Image|neq: a", text("b"), false);
    assert!(refusal("s:\n    CommandLine|gt: much\ncondition: s").contains("no number"));
}

#[test]
fn parts_of_a_time() {
    one("CommandLine|hour: 1", text("2026-11-22 01:02:03.456"), true);
    one("CommandLine|hour|gte: 22", text("2026-11-22T01:02:03Z"), false);
    one("CommandLine|month: 11", text("2026-11-22T01:02:03Z"), true);
}

#[test]
fn field_references() {
    let fields = |a: &'static str, b: &'static str| [("Image", text(a)), ("ParentImage", text(b))];
    check("s:\n    Image|fieldref: ParentImage\ncondition: s", &fields("A.exe", "a.EXE"), true);
    check("s:\n    Image|fieldref: ParentImage\ncondition: s", &fields("a", "b"), false);
    check("s:\n    Image|fieldref|endswith: ParentImage\ncondition: s", &fields("C:\\a", "\\A"), true);
    check("s:\n    Image|fieldref|contains: ParentImage\ncondition: s", &fields("xay", "a"), true);
    check("s:\n    Image|fieldref: Nowhere\ncondition: s", &fields("a", "a"), false);
}

#[test]
fn placeholders_are_refused_unless_given() {
    assert!(refusal("s:\n    CommandLine|contains|expand: '%Admins%'\ncondition: s").contains("`%Admins%` has no value"));
    let options = crate::LoadOptions { placeholders: [("Admins".into(), vec!["alice".into(), "bob".into()])].into(), cache: None };
    let rule = process_rule("s:\n    CommandLine|contains|expand: 'by %Admins%'\ncondition: s");
    let file = crate::load::RuleFile { path: "r.yml".into(), text: Ok(rule) };
    let loaded = crate::load::from_files(vec![file], &options).unwrap();
    assert_eq!(matching(&loaded.rules, &process(&[("CommandLine", text("run by Bob"))])), ["one"]);
}

#[test]
fn keywords_look_everywhere() {
    let fields = [("A", text("nothing")), ("B", text("a mimikatz here"))];
    check("k:\n    - MIMIKATZ\n    - other\ncondition: k", &fields, true);
    check("k:\n    '|all':\n        - mimikatz\n        - nothing\ncondition: k", &fields, true);
    check("k:\n    '|all':\n        - mimikatz\n        - missing\ncondition: k", &fields, false);
    check("k:\n    - 4*7\ncondition: k", &[("A", Value::Integer(4117))], true);
}

#[test]
fn conditions() {
    let fields = [("Image", text("a")), ("CommandLine", text("b"))];
    let named = "s1:\n    Image: a\ns2:\n    CommandLine: x\ns3:\n    CommandLine: b\n_hidden:\n    Image: z\n";
    for (condition, expected) in [
        ("1 of s*", true),
        ("all of s*", false),
        ("all of them", false),
        ("1 of them", true),
        ("2 of s*", true),
        ("3 of s*", false),
        ("s1 and not s2", true),
        ("s1 and (s2 or s3)", true),
        ("not s1", false),
        ("not (s1 and s2) and s3", true),
    ] {
        check(&format!("{named}condition: {condition}"), &fields, expected);
    }
    check(&format!("{named}condition:\n    - s2\n    - s3"), &fields, true);
    assert!(refusal("s:\n    Image: a\ncondition: s and t").contains("`t`"));
    assert!(refusal("s:\n    Image: a\ncondition: 1 of t*").contains("fits no detection"));
}

#[test]
fn lists_of_maps_and_lists_of_values() {
    let list = Value::List(vec![text("one"), Value::Integer(2), Value::List(vec![text("Three")])]);
    one("CommandLine: two", list.clone(), false);
    one("CommandLine: 2", list.clone(), true);
    one("CommandLine|contains|all: [one, three]", list, true);
    check("s:\n    - Image: a\n    - CommandLine: b\ncondition: s", &[("CommandLine", text("b"))], true);
}

#[test]
fn field_names_ignore_case_and_spaces() {
    check("s:\n    'Threat Name': x\ncondition: s", &[("ThreatName", text("x"))], true);
    check("s:\n    commandline: x\ncondition: s", &[("CommandLine", text("x"))], true);
}
