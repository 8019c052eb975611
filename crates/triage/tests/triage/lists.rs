//! Reference lists: what their readers take and refuse, and what a hit does to a verdict.

use std::io::Write;
use std::sync::Arc;

use hikeshi_domain::phrase::{Language, Phrase};
use hikeshi_domain::phrases::render;
use hikeshi_domain::reference_list::ListKind;
use hikeshi_domain::triage::Triage;
use hikeshi_domain::verdict::Verdict;
use hikeshi_event::Event;
use hikeshi_triage::lists::{ListLimits, ReadList, read};
use hikeshi_triage::{Focus, List, ListOrigin, Lists, harmless_by_file_alone, triage};
use proptest::prelude::*;

use crate::stage::{EXPLORER, SYSMON, alert_on, alert_on_file, at, book, event, input, points, start};

const SHA256: &str = "aabbccddeeff00112233445566778899aabbccddeeff00112233445566778899";
const MD5: &str = "aabbccddeeff00112233445566778899";
const EICAR: &str = "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f";

fn list(bytes: &[u8]) -> ReadList {
    read(bytes, &ListLimits::default())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

fn lists(kind: ListKind, text: &str, until: Option<i64>) -> Lists {
    let origin = ListOrigin { name: "abuse list".to_owned(), dated: Some(at(0)), until: until.map(at) };
    Lists::new(vec![List { kind, origin, indicators: Arc::new(list(text.as_bytes()).indicators) }], at(100))
}

fn judged(events: &[Event<'static>], lists: &Lists) -> Triage {
    let alert = alert_on(20, "p1");
    let input = hikeshi_triage::Input { lists: Some(lists), ..input(events, &[], Focus::Alert(&alert)) };
    triage(&input, &book())
}

fn reason(triage: &Triage, id: &str) -> Phrase {
    triage.findings.iter().find(|finding| finding.id == id).unwrap_or_else(|| panic!("no {id}")).reason.clone()
}

fn tool(hash: &str) -> Event<'static> {
    let mut tool = start(10, "p1", r"C:\Users\taro\AppData\Roaming\tool.exe", "tool.exe", EXPLORER);
    let column = hikeshi_event::Column::by_name("process_sha256").unwrap();
    tool.cells.push((column, hikeshi_event::Cell::Text(hash.to_uppercase().into())));
    tool.cells.sort_by_key(|(column, _)| *column);
    tool
}

#[test]
fn one_indicator_a_line_with_comments_and_names_behind() {
    let text = format!(
        "# a list\r\n\r\n{SHA256}\r\n{MD5}  evil.exe\nhxxp://evil[.]example/\n203.0.113.9:443 # c2\n0.0.0.0 ads.example ads2.example\n"
    );
    let list = list(text.as_bytes());
    assert_eq!((list.indicators.hashes(), list.indicators.names(), list.rejected), (2, 4, 0), "{:?}", list.defects);
}

#[test]
fn bad_lines_are_counted_and_named_and_the_rest_is_used() {
    let list = list(format!("{SHA256}\nnot an indicator\nhttps://host.example/page\n{MD5}\nd41d8cd98f00b204e9800998ecf8427e\n").as_bytes());
    assert_eq!((list.indicators.hashes(), list.rejected), (2, 3));
    let told: Vec<(u64, String)> = list.defects.iter().map(|defect| (defect.line, render(&defect.reason, Language::En))).collect();
    let [(2, first), (3, second), (5, third)] = told.as_slice() else { panic!("{told:?}") };
    assert!(first.contains("not an indicator") && second.contains("a page, not a host") && third.contains("empty file"), "{told:?}");
}

#[test]
fn a_header_says_which_columns_count() {
    let table = format!(
        "\"First Seen\",\"SHA-256 Hash\",\"md5_hash\",signature\n2026-11-01,\"{SHA256}\",n/a,\"Emotet, \"\"new\"\"\"\n2026-11-02,,,Qakbot\n2026-11-03,\"{MD5},\n"
    );
    let list = list(table.as_bytes());
    assert_eq!((list.indicators.hashes(), list.rejected), (1, 2), "{:?}", list.defects);
    let commented = format!("# exported today\n# \"first_seen\",\"sha256_hash\",\"signature\"\n\"2026-11-01\", \"{SHA256}\", \"Emotet\"\n");
    assert_eq!(self::list(commented.as_bytes()).indicators.hashes(), 1);
    assert_eq!(self::list(format!("indicator;type\nevil.example;domain\n{MD5};hash\n").as_bytes()).count(), 2);
}

#[test]
fn tables_of_japanese_spreadsheets_are_read() {
    // 「名称,ハッシュ値」 and 「ソ連表,…」 in Shift_JIS: the second bytes of ソ and 表 are backslashes.
    let mut bytes = b"# \x93\xc7\x82\xdd\x8e\xe6\x82\xe8\n\x96\xbc\x8f\xcc,\x83n\x83b\x83V\x83\x85\x92l\n\x83\\\x98A\x95\\,".to_vec();
    bytes.extend_from_slice(SHA256.as_bytes());
    let sjis = list(&bytes);
    assert_eq!((sjis.indicators.hashes(), sjis.rejected), (1, 0), "{:?}", sjis.defects);
    let utf16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain("ドメイン\t説明\r\nevil.example\t悪性\r\n".encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert_eq!(list(&utf16).indicators.names(), 1);
    assert_eq!(list("\u{feff}ドメイン,説明\nevil.example,悪性\n".as_bytes()).indicators.names(), 1);
}

#[test]
fn warning_lists_and_bundles_are_read() {
    let misp = r#"{"name":"w","type":"hostname","version":3,"list":["good.example",".cdn.example","10.0.0.0/8",7]}"#;
    let held = list(misp.as_bytes());
    assert_eq!((held.indicators.names(), held.rejected), (3, 1));
    let patterns = [
        format!("[file:hashes.'SHA-256' = '{SHA256}' OR file:hashes.MD5 = '{MD5}']"),
        "[domain-name:value = 'evil.example'] OR [ipv4-addr:value = '203.0.113.9']".to_owned(),
        "[file:name = 'x' AND file:size = 3]".to_owned(),
    ];
    let objects = patterns.map(|pattern| serde_json::json!({"type": "indicator", "name": "n", "pattern": pattern}));
    let bundle = serde_json::json!({"type": "bundle", "objects": objects});
    let held = list(bundle.to_string().as_bytes());
    assert_eq!((held.indicators.hashes(), held.indicators.names(), held.rejected), (2, 2, 1), "{:?}", held.defects);
    let refusals = ["{\"list\":[\"a.example\"", "{}", r#"{"type":"regex","list":["."]}"#];
    for text in refusals {
        let refused = list(text.as_bytes());
        assert!(refused.count() == 0 && refused.refused.is_some(), "{text}");
    }
}

#[test]
fn limits_stop_reading_and_say_so() {
    let limits = ListLimits { bytes: 40, line_bytes: 20, entries: 2, listed_defects: 1 };
    let many = read(b"a.example\nb.example\nc.example\n", &limits);
    assert_eq!((many.count(), many.refused.map(|refused| refused.key)), (2, Some("list.refused.entries".to_owned())));
    let long = read(b"a.example\nx\ny\naaaaaaaaaaaaaaaaaaaaaaaaaaa.example\nb.example\n", &limits);
    assert_eq!((long.count(), long.rejected, long.defects.len()), (1, 2, 1), "the line that was cut is left out");
    let line = read(format!("{}.example\nb.example\n", "a".repeat(30)).as_bytes(), &ListLimits { bytes: 1_000, ..limits });
    assert_eq!((line.count(), line.defects.first().map(|defect| defect.reason.key.as_str())), (1, Some("list.defect.line_length")));
    let packed = gzip(&b"a.example\n".repeat(100));
    assert_eq!(list(&packed).count(), 1);
    assert_eq!(read(&packed, &limits).refused.map(|refused| refused.key), Some("list.refused.bytes".to_owned()));
    let damaged = list(packed.get(..packed.len() - 9).unwrap());
    assert_eq!(damaged.refused.map(|refused| refused.key), Some("list.refused.gzip".to_owned()));
}

#[test]
fn a_listed_hash_and_a_second_family_are_black_and_the_list_is_named() {
    let known = lists(ListKind::Bad, &format!("sha256,name\n{SHA256},Emotet\n"), None);
    let black = judged(&[tool(SHA256)], &known);
    assert_eq!((points(&black, "E1"), black.judgement.verdict), (Some(60), Verdict::Black), "with a user-writable place");
    assert!(black.unknown.iter().all(|unknown| unknown.id != "E1"));
    let said = render(&reason(&black, "E1"), Language::En);
    assert!(said.contains("abuse list: Emotet, of 2026-11-20"), "{said}");
    let other = judged(&[tool(&SHA256.replace('a', "b"))], &known);
    assert_eq!(points(&other, "E1"), None);
}

#[test]
fn a_listed_child_or_written_file_counts_for_the_tree() {
    let known = lists(ListKind::Bad, SHA256, None);
    let tree = [
        start(5, "p1", r"C:\Users\taro\a.exe", "a.exe", EXPLORER),
        event(11, SYSMON, 29, &[("process_guid", "p1"), ("file_path", r"C:\Users\taro\drop.exe"), ("file_sha256", SHA256)]),
    ];
    let triage = judged(&tree, &known);
    assert_eq!(points(&triage, "E1"), Some(60));
    assert_eq!(reason(&triage, "E1").values.get("file").map(String::as_str), Some("drop.exe"));
}

#[test]
fn a_list_out_of_date_counts_and_says_its_date() {
    let expired = judged(&[tool(SHA256)], &lists(ListKind::Bad, SHA256, Some(5)));
    assert_eq!(points(&expired, "E1"), Some(60));
    for language in [Language::Ja, Language::En] {
        assert!(render(&reason(&expired, "E1"), language).contains("2026-11-20"), "{language:?}");
    }
    assert_eq!(reason(&expired, "E1").key, "finding.E1.expired");
    let good = judged(&[tool(SHA256)], &lists(ListKind::Good, SHA256, Some(5)));
    assert_eq!(reason(&good, "E2").key, "finding.E2.list.expired");
}

#[test]
fn a_published_good_hash_clears_by_file_alone() {
    let alert = alert_on_file(20, r"C:\Apps\tool.exe", Some(SHA256));
    let on = |known: &Lists| {
        let input = hikeshi_triage::Input { lists: Some(known), now: at(100), ..input(&[], &[], Focus::Alert(&alert)) };
        triage(&input, &book())
    };
    let triage = on(&lists(ListKind::Good, SHA256, None));
    assert_eq!(points(&triage, "E2"), Some(-60));
    assert!(harmless_by_file_alone(&triage));
    let expired = on(&lists(ListKind::Good, SHA256, Some(5)));
    assert_eq!(points(&expired, "E2"), Some(-60));
    assert!(!harmless_by_file_alone(&expired), "nobody answers any more for a list past its end: there is a report, and it says so");
    assert!(triage.unknown.iter().any(|unknown| unknown.id == "E1"), "a list of good files says nothing of malicious ones");
}

/// A hundred million entries fit into a few kilobytes of gzip, and each took 32 bytes before one was looked at.
#[test]
fn of_an_array_without_end_no_more_is_kept_than_a_list_may_have() {
    let most = ListLimits::default().entries;
    let array = |entry: &str, count: usize| [entry].repeat(count).join(",");
    for (text, lines) in [
        (format!("{{\"list\":[{}]}}", array("0", most + 1)), most),
        (format!("{{\"list\":[{}]}}", array("[[0,{\"a\":[]}],\"b\"]", 3)), 3),
        (format!("{{\"objects\":[{},{{\"type\":\"indicator\",\"pattern\":1}}]}}", array("{}", most)), 0),
        (format!("{{\"objects\":[{},{{\"type\":\"indicator\",\"pattern\":1}}]}}", array("[1],null", 2)), 1),
    ] {
        let list = list(&gzip(text.as_bytes()));
        let refused = list.refused.as_ref().map(|reason| reason.key.as_str());
        let beyond = text.len() > most;
        assert_eq!((list.count(), list.rejected, refused), (0, lines as u64, beyond.then_some("list.refused.entries")), "{:.40}", text);
    }
}

#[test]
fn the_scanners_test_file_is_no_threat() {
    let triage = judged(&[tool(EICAR)], &lists(ListKind::Bad, EICAR, None));
    assert_eq!((points(&triage, "E1"), reason(&triage, "E1").key.as_str()), (Some(0), "finding.E1.test"));
    assert_ne!(triage.judgement.verdict, Verdict::Black);
}

#[test]
fn listed_names_and_addresses_are_contacts_with_known_bad() {
    let known = lists(ListKind::Bad, "*.evil.example,c2\n203.0.113.0/24\n", None);
    let call = |cells: &[(&str, &str)], id| {
        let cells: Vec<_> = [("process_guid", "p1")].iter().chain(cells).copied().collect();
        judged(&[start(10, "p1", r"C:\Apps\tool.exe", "tool.exe", EXPLORER), event(11, SYSMON, id, &cells)], &known)
    };
    let asked = call(&[("dns_query", "WWW.evil.example")], 22);
    assert_eq!((points(&asked, "E29"), reason(&asked, "E29").key.as_str()), (Some(30), "finding.E29.bad"));
    assert!(asked.unknown.iter().all(|unknown| unknown.id != "E29"));
    // One answer, Sysmon's alias before the address, and a line each, as Suricata's and OCSF's lists are kept.
    for answers in ["::ffff:203.0.113.9;", "type:  5 c2.evil.example;198.51.100.7;", "198.51.100.7\n203.0.113.9"] {
        let answered = call(&[("dns_query", "harmless.example"), ("dns_answers", answers)], 22);
        assert_eq!(points(&answered, "E29"), Some(30), "{answers}");
    }
    let called = call(&[("network_dst_ip", "203.0.113.77"), ("network_dst_port", "443"), ("network_direction", "outbound")], 3);
    assert_eq!(points(&called, "E29"), Some(30));
    let elsewhere = call(&[("network_dst_ip", "198.51.100.7"), ("network_dst_port", "443"), ("network_direction", "outbound")], 3);
    assert_eq!(points(&elsewhere, "E29"), None);
}

#[test]
fn a_known_good_name_is_not_accused_for_its_looks() {
    let events = [
        start(10, "p1", r"C:\Apps\tool.exe", "tool.exe", EXPLORER),
        event(11, SYSMON, 22, &[("process_guid", "p1"), ("dns_query", "xkqzvtrwplmnb.com")]),
    ];
    assert_eq!(points(&judged(&events, &Lists::default()), "E29"), Some(30));
    assert_eq!(points(&judged(&events, &lists(ListKind::Good, "xkqzvtrwplmnb.com", None)), "E29"), None);
}

proptest! {
    #[test]
    fn no_bytes_make_a_reader_panic_or_exceed_its_limits(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        let limits = ListLimits { bytes: 1_000, line_bytes: 100, entries: 5, listed_defects: 3 };
        for bytes in [bytes.clone(), gzip(&bytes), [b"{\"list\":[".as_slice(), &bytes].concat(), [b"\xff\xfe".as_slice(), &bytes].concat()] {
            let list = read(&bytes, &limits);
            prop_assert!(list.count() <= 5 && list.defects.len() <= 3);
        }
    }

    #[test]
    fn damaged_lists_keep_their_whole_lines(cut in 0_usize..300, flip in 0_usize..300, to in any::<u8>()) {
        let whole = format!("sha256,ip,name\n{SHA256},203.0.113.9,\"a\"\n{MD5},evil[.]example,b\n\"{SHA256}\",,c\n");
        let mut bytes = whole.clone().into_bytes();
        if let Some(byte) = bytes.get_mut(flip) { *byte = to; }
        bytes.truncate(cut);
        let list = list(&bytes);
        prop_assert!(list.count() <= 6);
        prop_assert_eq!(self::list(whole.as_bytes()).count(), 4);
    }
}

#[test]
fn an_event_is_accused_of_the_entry_that_it_names_while_the_list_is_in_date() {
    let known = lists(ListKind::Bad, &format!("sha256,domain,name\n{SHA256},,Emotet\n,*.evil.example,\n"), Some(200));
    let told = |event: &Event<'static>, now| {
        known.accused(event, at(now)).map(|accused| (accused.list.to_owned(), accused.label.map(str::to_owned), accused.value.to_owned()))
    };
    let listed = ("abuse list".to_owned(), Some("Emotet".to_owned()), SHA256.to_uppercase());
    assert_eq!(told(&tool(SHA256), 199), Some(listed));
    assert_eq!(told(&tool(SHA256), 200), None, "out of date: it weighs, and raises nothing");
    assert_eq!(told(&tool(EICAR), 199), None);
    let asked = event(10, SYSMON, 22, &[("dns_query", "c2.evil.example")]);
    assert_eq!(told(&asked, 199), Some(("abuse list".to_owned(), None, "c2.evil.example".to_owned())));
    assert!(lists(ListKind::Good, SHA256, None).accused(&tool(SHA256), at(0)).is_none(), "a good list accuses nobody");
}
