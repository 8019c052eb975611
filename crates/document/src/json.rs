//! JSON: the model as it is kept, and its texts in one language, for programs and for whoever needs every row.

use hikeshi_domain::flash_report::FlashReport;
use serde::Serialize;

use crate::DocumentError;
use crate::view::View;

/// Name and version of the shape. Under one name fields are added, never renamed or removed.
pub const SCHEMA: &str = "hikeshi.flash-report/1";

#[derive(Serialize)]
struct Written<'a> {
    schema: &'static str,
    report: &'a FlashReport,
    texts: &'a View,
}

/// The report, indented; values of `report` are as the logs have them, those of `texts` are defanged.
pub(crate) fn write(report: &FlashReport, view: &View) -> Result<Vec<u8>, DocumentError> {
    let mut bytes = serde_json::to_vec_pretty(&Written { schema: SCHEMA, report, texts: view })?;
    bytes.push(b'\n');
    Ok(bytes)
}
