//! Columns that lie as bytes in files and are read as text: uids as hexadecimal digits, originals as UTF-8.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, StringBuilder};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};

/// How bytes are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Shape {
    Uid,
    Original,
}

/// Bytes to text. Not callable by name from SQL: it is used in the tables' own definition only.
#[derive(Debug, PartialEq, Eq, Hash)]
struct AsText {
    shape: Shape,
    signature: Signature,
}

/// `uid` as 32 hexadecimal digits.
pub(crate) fn uid_text() -> ScalarUDF {
    ScalarUDF::new_from_impl(AsText { shape: Shape::Uid, signature: Signature::any(1, Volatility::Immutable) })
}

/// `raw` as text; bytes that are no UTF-8 are replaced.
pub(crate) fn original_text() -> ScalarUDF {
    ScalarUDF::new_from_impl(AsText { shape: Shape::Original, signature: Signature::any(1, Volatility::Immutable) })
}

impl ScalarUDFImpl for AsText {
    fn name(&self) -> &str {
        match self.shape {
            Shape::Uid => "uid_text",
            Shape::Original => "original_text",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [value] = args.args.as_slice() else { return exec_err!("one argument is expected") };
        let array = value.to_array(args.number_rows)?;
        let mut texts = StringBuilder::with_capacity(array.len(), array.len() * 32);
        match self.shape {
            Shape::Uid => {
                let Some(uids) = array.as_fixed_size_binary_opt() else { return exec_err!("a uid has 16 bytes") };
                uids.iter().for_each(|uid| texts.append_option(uid.map(hex)));
            }
            Shape::Original => {
                let Some(raws) = array.as_binary_opt::<i32>() else { return exec_err!("an original is bytes") };
                raws.iter().for_each(|raw| texts.append_option(raw.map(String::from_utf8_lossy)));
            }
        }
        Ok(ColumnarValue::Array(Arc::new(texts.finish()) as ArrayRef))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
