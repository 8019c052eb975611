//! Reads a query and refuses everything that is not one SELECT (or WITH … SELECT).

use datafusion::sql::parser::{DFParser, Statement};
use datafusion::sql::sqlparser::ast::{Query, SetExpr, Statement as SqlStatement};

use crate::error::HuntError;
use crate::shape;

const LONGEST: usize = 64 << 10;

/// The one SELECT that the text is.
///
/// # Errors
/// `Syntax` when it is no SQL, `Refused` when it is more or other than one SELECT, `Limit` when its shape has no bound.
pub(crate) fn read(sql: &str) -> Result<Statement, HuntError> {
    if sql.len() > LONGEST {
        return Err(HuntError::Limit { limit: format!("a query has at most {LONGEST} bytes") });
    }
    shape::check_text(sql)?;
    let mut statements = DFParser::parse_sql(sql).map_err(|error| HuntError::of(&error))?;
    let statement = statements.pop_front();
    match (&statement, statements.len()) {
        (Some(Statement::Statement(inner)), 0) => match inner.as_ref() {
            SqlStatement::Query(query) if only_selects(query) => shape::check(inner)?,
            _ => return Err(refused()),
        },
        _ => return Err(refused()),
    }
    statement.ok_or_else(refused)
}

fn refused() -> HuntError {
    let message = "only one SELECT (or WITH … SELECT) over the tables `events` and `matches` is allowed".to_owned();
    HuntError::Refused { message }
}

fn only_selects(query: &Query) -> bool {
    let with = query.with.as_ref().is_none_or(|with| with.cte_tables.iter().all(|table| only_selects(&table.query)));
    with && query.locks.is_empty() && is_select(&query.body)
}

fn is_select(body: &SetExpr) -> bool {
    match body {
        SetExpr::Select(select) => select.into.is_none(),
        SetExpr::Query(query) => only_selects(query),
        SetExpr::SetOperation { left, right, .. } => is_select(left) && is_select(right),
        SetExpr::Values(_) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selects_are_read() {
        for sql in [
            "SELECT 1",
            "select host, count(*) from events group by host;",
            "WITH a AS (SELECT * FROM events) SELECT * FROM a UNION ALL SELECT * FROM events ORDER BY 1",
        ] {
            assert!(read(sql).is_ok(), "{sql}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for sql in [
            "",
            "DROP TABLE events",
            "CREATE TABLE t AS SELECT 1",
            "CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '/etc/passwd'",
            "CREATE VIEW v AS SELECT 1",
            "CREATE FUNCTION f() RETURNS INT RETURN 1",
            "COPY events TO '/tmp/x.csv'",
            "COPY (SELECT 1) TO 's3://b/x.parquet'",
            "INSERT INTO events SELECT * FROM events",
            "UPDATE events SET host = 'x'",
            "DELETE FROM events",
            "SET datafusion.execution.batch_size = 1",
            "SHOW ALL",
            "EXPLAIN SELECT 1",
            "SELECT 1; SELECT 2",
            "SELECT * INTO t FROM events",
            "SELECT * FROM events FOR UPDATE",
            "PREPARE p AS SELECT 1",
            "BEGIN",
        ] {
            let error = read(sql).unwrap_err();
            assert!(matches!(error, HuntError::Refused { .. } | HuntError::Syntax { .. }), "{sql}: {error:?}");
        }
    }

    #[test]
    fn a_syntax_error_names_its_place() {
        let error = read("SELECT host\nFROM events WHERE").unwrap_err();
        assert!(matches!(error, HuntError::Syntax { .. }), "{error:?}");
        let error = read("SELEC host FROM events").unwrap_err();
        assert!(matches!(error, HuntError::Syntax { line: Some(1), column: Some(1), .. }), "{error:?}");
    }
}
