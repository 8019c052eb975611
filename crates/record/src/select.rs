//! A statement that grows with its values, so that no value ever becomes part of the text.

use crate::backend::{AMONG, ARRAY, Fault, Row, Session, Tenants, Value};
use crate::query::Key;

/// Text and values of a statement.
pub(crate) struct Select {
    pub(crate) sql: String,
    pub(crate) values: Vec<Value>,
}

impl Select {
    pub(crate) fn new(sql: &str) -> Self {
        Select { sql: sql.to_owned(), values: Vec::new() }
    }

    /// A statement that already names its first values.
    pub(crate) fn numbered(sql: &str, values: Vec<Value>) -> Self {
        Select { sql: sql.to_owned(), values }
    }

    /// Text of ours.
    pub(crate) fn push(&mut self, sql: &str) -> &mut Self {
        self.sql.push_str(sql);
        self
    }

    /// A value.
    pub(crate) fn bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.values.push(value.into());
        self.sql.push_str(&format!("${}", self.values.len()));
        self
    }

    /// A list of values in brackets.
    pub(crate) fn listed<V: Into<Value> + Copy>(&mut self, values: &[V]) -> &mut Self {
        self.push("(");
        for (at, value) in values.iter().enumerate() {
            self.push(if at == 0 { "" } else { ", " }).bind(*value);
        }
        self.push(")")
    }

    /// The condition that the column is one of the numbers: one value, however many.
    pub(crate) fn among(&mut self, column: &str, numbers: &[i64]) -> &mut Self {
        self.push(column).push(AMONG.0).bind(Value::Numbers(numbers.to_vec())).push(AMONG.1)
    }

    /// The subquery of these keys, as one value: a statement takes only so many, and an expression may be only so deep.
    pub(crate) fn keys(&mut self, subquery: &str, keys: &[Key]) -> &mut Self {
        let pairs = keys.iter().map(|key| serde_json::json!([key.text, key.number]));
        let (before, after) = subquery.split_once(ARRAY).unwrap_or((subquery, ""));
        self.push(before).bind(serde_json::Value::from_iter(pairs).to_string()).push(after)
    }

    /// The condition that the column names one of the tenants.
    pub(crate) fn tenants(&mut self, column: &str, tenants: &Tenants) -> &mut Self {
        match tenants {
            Tenants::All => self.push("TRUE"),
            Tenants::Only(numbers) => match numbers.as_slice() {
                [] => self.push("FALSE"),
                [one] => self.push(column).push(" = ").bind(*one),
                many => self.among(column, many),
            },
        }
    }

    /// Its rows.
    pub(crate) async fn rows(&self, session: &mut dyn Session) -> Result<Vec<Row>, Fault> {
        session.query(&self.sql, &self.values).await
    }
}
