//! Values of the engine as JSON.

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType, UInt64Type};
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use jiff::Timestamp;
use serde_json::{Map, Number, Value};

/// The value of a row. Times are RFC 3339 in UTC; integers that JSON readers would round are numbers still.
pub(crate) fn to_json(array: &ArrayRef, row: usize) -> Value {
    if array.is_null(row) {
        return Value::Null;
    }
    match array.data_type() {
        DataType::Utf8 => Value::from(array.as_string::<i32>().value(row)),
        DataType::LargeUtf8 => Value::from(array.as_string::<i64>().value(row)),
        DataType::Utf8View => Value::from(array.as_string_view().value(row)),
        DataType::Boolean => Value::from(array.as_boolean().value(row)),
        kind if kind.is_unsigned_integer() => number(array, row, &DataType::UInt64),
        kind if kind.is_signed_integer() => number(array, row, &DataType::Int64),
        kind if kind.is_floating() => number(array, row, &DataType::Float64),
        DataType::Timestamp(..) => time(array, row),
        DataType::Map(..) => map(array, row),
        DataType::List(_) => {
            let items = array.as_list::<i32>().value(row);
            (0..items.len()).map(|item| to_json(&items, item)).collect()
        }
        _ => display(array, row),
    }
}

fn number(array: &ArrayRef, row: usize, kind: &DataType) -> Value {
    let Ok(one) = cast(&array.slice(row, 1), kind) else { return display(array, row) };
    match kind {
        DataType::UInt64 => Value::from(one.as_primitive::<UInt64Type>().value(0)),
        DataType::Int64 => Value::from(one.as_primitive::<Int64Type>().value(0)),
        _ => Number::from_f64(one.as_primitive::<Float64Type>().value(0)).map_or(Value::Null, Value::Number),
    }
}

fn time(array: &ArrayRef, row: usize) -> Value {
    let micros = DataType::Timestamp(TimeUnit::Microsecond, None);
    let Ok(one) = cast(&array.slice(row, 1), &micros) else { return display(array, row) };
    let instant = Timestamp::from_microsecond(one.as_primitive::<TimestampMicrosecondType>().value(0));
    instant.map_or_else(|_| display(array, row), |instant| Value::from(instant.to_string()))
}

fn map(array: &ArrayRef, row: usize) -> Value {
    let entries = array.as_map().value(row);
    let (keys, values) = (entries.column(0), entries.column(1));
    let mut object = Map::new();
    for entry in 0..entries.len() {
        if let Value::String(key) = to_json(keys, entry) {
            object.insert(key, to_json(values, entry));
        }
    }
    Value::Object(object)
}

fn display(array: &ArrayRef, row: usize) -> Value {
    let options = FormatOptions::default();
    ArrayFormatter::try_new(array.as_ref(), &options).map_or(Value::Null, |shown| Value::from(shown.value(row).to_string()))
}
