//! Matches as one page: rules by level, each with its matches. No script, nothing loaded from elsewhere.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use hikeshi_detect::{RuleIndex, RuleInfo, RuleSet};

use super::render::Row;

/// Matches shown of one rule; the rest is counted.
const SHOWN: usize = 200;

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem;color:#1b1f24;background:#fff}\
h1{font-size:1.4rem}summary{cursor:pointer;padding:.4rem 0}details{border-top:1px solid #d8dee4}\
table{border-collapse:collapse;width:100%;font-size:.85rem;margin:.3rem 0 1rem}td,th{text-align:left;vertical-align:top;padding:.2rem .6rem .2rem 0;border-bottom:1px solid #eaeef2}\
code{font-family:ui-monospace,monospace;overflow-wrap:anywhere;white-space:pre-wrap}.l{display:inline-block;min-width:7rem;font-weight:600}\
.critical{color:#a40e26}.high{color:#c4432b}.medium{color:#8a6100}.low{color:#35607f}.informational{color:#57606a}.s{color:#57606a}";

/// The matches of one rule.
#[derive(Debug, Default)]
pub(super) struct Group {
    rows: Vec<Row>,
    count: u64,
}

impl Group {
    pub(super) fn add(&mut self, row: Row) {
        self.count += 1;
        if self.rows.len() < SHOWN {
            self.rows.push(row);
        }
    }
}

/// Writes the page.
pub(super) fn page(rules: &RuleSet, groups: &BTreeMap<RuleIndex, Group>, out: &mut dyn Write) -> io::Result<()> {
    let mut found: Vec<(&RuleInfo, &Group)> = groups.iter().filter_map(|(rule, group)| Some((rules.get(*rule)?, group))).collect();
    found.sort_by(|(a, one), (b, other)| b.level.cmp(&a.level).then(other.count.cmp(&one.count)).then(a.title.cmp(&b.title)));
    let matches: u64 = found.iter().map(|(_, group)| group.count).sum();
    write!(
        out,
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
         <title>Hikeshi: rule matches</title><style>{STYLE}</style></head><body><h1>{matches} matches of {} rules</h1>\n\
         <p class=\"s\">Rule set {}. Times are UTC. Rules stay their authors' work.</p>\n",
        found.len(),
        escape(rules.version()),
    )?;
    for (rule, group) in found {
        write!(out, "{}", section(rule, group))?;
    }
    writeln!(out, "</body></html>")
}

fn section(rule: &RuleInfo, group: &Group) -> String {
    let level = rule.level;
    let mut text = format!(
        "<details{}><summary><span class=\"l {level}\">{level}</span> {} <span class=\"s\">({})</span></summary>\n<p>{}</p>\n<p class=\"s\">{} · {} · {}</p>\n<table>\n",
        if level >= hikeshi_detect::Level::High { " open" } else { "" },
        escape(&rule.title),
        group.count,
        escape(&rule.description),
        escape(&rule.id),
        escape(&rule.author),
        escape(&rule.tags.join(", ")),
    );
    for row in &group.rows {
        let fields = row.fields.iter().filter(|(_, value)| !value.is_empty());
        let fields = fields.fold(String::new(), |mut fields, (name, value)| {
            // Writing to a String cannot fail.
            let _ = writeln!(fields, "{}: {}", escape(name), escape(value));
            fields
        });
        let time = row.time.map(|time| time.to_string()).unwrap_or_default();
        let _ = writeln!(
            text,
            "<tr><td>{time}<br>{}<br><span class=\"s\">{}<br>{}</span></td><td><code>{fields}</code></td></tr>",
            escape(&row.host),
            escape(&row.event),
            escape(&row.path),
        );
    }
    let more = group.count.saturating_sub(group.rows.len() as u64);
    if more > 0 {
        let _ = writeln!(text, "<tr><td colspan=\"2\">{more} more are not shown here; NDJSON and CSV have them all.</td></tr>");
    }
    text.push_str("</table></details>\n");
    text
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}
