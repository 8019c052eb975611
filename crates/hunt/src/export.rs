//! Results as files: NDJSON for programs, CSV for spreadsheets.

use std::io::{self, Write};

use serde_json::{Map, Value};

use crate::hunt::Found;

/// One JSON object a row.
///
/// # Errors
/// When `out` cannot be written.
pub fn write_ndjson(found: &Found, out: &mut dyn Write) -> io::Result<()> {
    for row in &found.rows {
        let object: Map<String, Value> = found.columns.iter().map(|column| column.name.clone()).zip(row.iter().cloned()).collect();
        serde_json::to_writer(&mut *out, &object)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// RFC 4180 with a head. Text that a spreadsheet would run as a formula gets an apostrophe before it: what is exported here was
/// written by attackers, too.
///
/// # Errors
/// When `out` cannot be written.
pub fn write_csv(found: &Found, out: &mut dyn Write) -> io::Result<()> {
    let head: Vec<String> = found.columns.iter().map(|column| quoted(&column.name)).collect();
    write!(out, "{}\r\n", head.join(","))?;
    for row in &found.rows {
        let cells: Vec<String> = row.iter().map(cell).collect();
        write!(out, "{}\r\n", cells.join(","))?;
    }
    Ok(())
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) if text.starts_with(['=', '+', '-', '@', '\t', '\r']) => quoted(&format!("'{text}")),
        Value::String(text) => quoted(text),
        other => quoted(&other.to_string()),
    }
}

fn quoted(text: &str) -> String {
    if text.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hunt::ColumnInfo;

    #[test]
    fn formulas_and_separators_are_harmless_in_csv() {
        let column = |name: &str| ColumnInfo { name: name.into(), kind: "text".into() };
        let row = vec![Value::from("=HYPERLINK(\"x\")"), Value::from(-3), Value::Null, Value::from("a,b\nc")];
        let found = Found { columns: ["a", "b", "c", "d"].map(column).to_vec(), rows: vec![row], truncated: false };
        let mut out = Vec::new();
        write_csv(&found, &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "a,b,c,d\r\n\"'=HYPERLINK(\"\"x\"\")\",-3,,\"a,b\nc\"\r\n");
    }
}
