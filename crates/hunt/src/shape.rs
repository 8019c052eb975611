//! What a query may look like before it is planned. The engine's parser and planner follow the shape of a query by recursion, and some
//! shapes grow when they are planned: two kilobytes of `1+1+1…` overflow a thread's stack, forty nested WITH tables fill the memory.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Query, Statement, TableFactor, Value, Visit, Visitor,
};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};
use regex::RegexBuilder;

use crate::error::HuntError;

/// Operators of a query: each may be one step of recursion.
const MOST_OPERATORS: usize = 1_000;
/// SELECTs that are joined by UNION, INTERSECT, EXCEPT.
const MOST_UNIONS: usize = 64;
/// Tables that a query reads, each as often as it is named, through WITH tables too.
const MOST_TABLES: u64 = 64;
/// Tables in one FROM.
const MOST_JOINS: usize = 16;
/// Expressions in all CUBEs of a query: it groups by each subset of them.
const MOST_CUBED: usize = 6;
/// Grouping sets that are listed, and expressions in a ROLLUP.
const MOST_GROUPINGS: usize = 64;
/// A compiled regular expression.
const REGEX_BYTES: usize = 1 << 20;
/// Wildcards of one LIKE pattern.
const MOST_WILDCARDS: usize = 32;
/// The text that `levenshtein` compares with.
const LONGEST_COMPARED: usize = 256;

fn limit(limit: impl Into<String>) -> HuntError {
    HuntError::Limit { limit: limit.into() }
}

/// Refuses a text that nests or chains too deep to be parsed.
///
/// # Errors
/// `Limit` which says what is too much.
pub(crate) fn check_text(sql: &str) -> Result<(), HuntError> {
    // What cannot be cut into tokens is told by the parser, with its place.
    let Ok(tokens) = Tokenizer::new(&GenericDialect {}, sql).tokenize() else { return Ok(()) };
    let operators = tokens.iter().filter(|token| chains(token)).count();
    if operators > MOST_OPERATORS {
        return Err(limit(format!("a query has at most {MOST_OPERATORS} operators; a list of values goes into IN (…)")));
    }
    let word = |token: &Token| if let Token::Word(word) = token { word.keyword } else { Keyword::NoKeyword };
    let unions =
        tokens.iter().filter(|token| matches!(word(token), Keyword::UNION | Keyword::INTERSECT | Keyword::EXCEPT | Keyword::MINUS));
    if unions.count() > MOST_UNIONS {
        return Err(limit(format!("a query joins at most {MOST_UNIONS} SELECTs by UNION, INTERSECT or EXCEPT")));
    }
    Ok(())
}

/// Whether another level of the query's tree may hang on the token.
fn chains(token: &Token) -> bool {
    match token {
        Token::Word(word) => matches!(
            word.keyword,
            Keyword::AND
                | Keyword::OR
                | Keyword::XOR
                | Keyword::NOT
                | Keyword::IS
                | Keyword::NOTNULL
                | Keyword::IN
                | Keyword::LIKE
                | Keyword::ILIKE
                | Keyword::RLIKE
                | Keyword::REGEXP
                | Keyword::SIMILAR
                | Keyword::BETWEEN
                | Keyword::COLLATE
                | Keyword::AT
                | Keyword::DIV
                | Keyword::MOD
                | Keyword::OVERLAPS
                | Keyword::MEMBER
                | Keyword::JOIN
        ),
        Token::Whitespace(_) | Token::Comma | Token::Period | Token::LParen | Token::RParen | Token::SemiColon | Token::EOF => false,
        Token::Number(..) | Token::SingleQuotedString(_) | Token::DoubleQuotedString(_) | Token::HexStringLiteral(_) => false,
        _ => true,
    }
}

/// Refuses a query that reads too many tables or computes what has no bound.
///
/// # Errors
/// `Limit` which says what is too much.
pub(crate) fn check(statement: &Statement) -> Result<(), HuntError> {
    let mut walk = Walk::default();
    match statement.visit(&mut walk) {
        ControlFlow::Break(error) => Err(error),
        ControlFlow::Continue(()) => Ok(()),
    }
}

#[derive(Default)]
struct Walk {
    /// WITH tables that can be named here, and how many tables each reads.
    named: Vec<(String, u64)>,
    queries: Vec<Reading>,
    cubed: usize,
}

/// A query that is being walked through.
struct Reading {
    /// Names of its WITH tables that were not walked through yet, last first: they come before all else.
    with: Vec<String>,
    /// How many names were known outside.
    outside: usize,
    tables: u64,
}

impl Visitor for Walk {
    type Break = HuntError;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<HuntError> {
        let with = query.with.iter().flat_map(|with| with.cte_tables.iter().rev()).map(|table| table.alias.name.value.to_lowercase());
        self.queries.push(Reading { with: with.collect(), outside: self.named.len(), tables: 0 });
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<HuntError> {
        let Some(read) = self.queries.pop() else { return ControlFlow::Continue(()) };
        self.named.truncate(read.outside);
        if read.tables > MOST_TABLES {
            return ControlFlow::Break(limit(format!("a query reads at most {MOST_TABLES} tables, WITH tables resolved")));
        }
        if let Some(around) = self.queries.last_mut() {
            match around.with.pop() {
                Some(name) => self.named.push((name, read.tables)),
                None => around.tables = around.tables.saturating_add(read.tables),
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &datafusion::sql::sqlparser::ast::Select) -> ControlFlow<HuntError> {
        let joined: usize = select.from.iter().map(|from| 1 + from.joins.len()).sum();
        if joined > MOST_JOINS {
            return ControlFlow::Break(limit(format!("a SELECT joins at most {MOST_JOINS} tables")));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, table: &TableFactor) -> ControlFlow<HuntError> {
        if let (TableFactor::Table { name, .. }, Some(query)) = (table, self.queries.last_mut()) {
            let name = name.to_string().trim_matches('"').to_lowercase();
            let known = self.named.iter().rev().find(|(known, _)| *known == name).map_or(1, |(_, tables)| *tables);
            query.tables = query.tables.saturating_add(known.max(1));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<HuntError> {
        let checked = match expr {
            Expr::Cube(sets) => {
                self.cubed += sets.len();
                few(self.cubed, MOST_CUBED, "expressions in CUBE")
            }
            Expr::Rollup(sets) | Expr::GroupingSets(sets) => few(sets.len(), MOST_GROUPINGS, "grouping sets"),
            Expr::BinaryOp { op, right, .. } if is_regex(op) => check_regex(Some(right)),
            Expr::SimilarTo { pattern, .. } | Expr::RLike { pattern, .. } => check_regex(Some(pattern)),
            Expr::Like { pattern, .. } | Expr::ILike { pattern, .. } => {
                few(text(pattern).map_or(0, |text| text.matches('%').count()), MOST_WILDCARDS, "`%` in one LIKE")
            }
            Expr::Function(call) => check_call(call),
            _ => Ok(()),
        };
        checked.map_or_else(ControlFlow::Break, ControlFlow::Continue)
    }
}

fn few(count: usize, most: usize, what: &str) -> Result<(), HuntError> {
    if count > most { Err(limit(format!("a query has at most {most} {what}"))) } else { Ok(()) }
}

fn is_regex(operator: &BinaryOperator) -> bool {
    use BinaryOperator::{PGRegexIMatch, PGRegexMatch, PGRegexNotIMatch, PGRegexNotMatch, Regexp};
    matches!(operator, PGRegexMatch | PGRegexIMatch | PGRegexNotMatch | PGRegexNotIMatch | Regexp)
}

fn text(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) | Value::EscapedStringLiteral(text) => Some(text),
            _ => None,
        },
        Expr::Nested(inner) => text(inner),
        _ => None,
    }
}

/// A pattern stands in the query, so that it is compiled once, and it is small, so that no text takes long.
fn check_regex(pattern: Option<&Expr>) -> Result<(), HuntError> {
    let Some(pattern) = pattern.and_then(text) else {
        return Err(limit("the pattern of a regular expression stands in the query as a text"));
    };
    match RegexBuilder::new(pattern).size_limit(REGEX_BYTES).build() {
        Err(regex::Error::CompiledTooBig(_)) => Err(limit("the regular expression is too large: fewer or smaller repetitions")),
        // What is wrong with it is told by the engine.
        Ok(_) | Err(_) => Ok(()),
    }
}

fn check_call(call: &Function) -> Result<(), HuntError> {
    let name = call.name.to_string().trim_matches('"').to_lowercase();
    let arguments: Vec<&Expr> = match &call.args {
        FunctionArguments::List(list) => list.args.iter().filter_map(argument).collect(),
        _ => Vec::new(),
    };
    match name.as_str() {
        name if name.starts_with("regexp_") => check_regex(arguments.get(1).copied()),
        "levenshtein" => {
            let small = arguments.iter().filter_map(|argument| text(argument)).any(|text| text.len() <= LONGEST_COMPARED);
            if small {
                Ok(())
            } else {
                Err(limit(format!("`levenshtein` compares with a text in the query of at most {LONGEST_COMPARED} bytes")))
            }
        }
        _ => Ok(()),
    }
}

fn argument(argument: &FunctionArg) -> Option<&Expr> {
    let (FunctionArg::Unnamed(value) | FunctionArg::Named { arg: value, .. } | FunctionArg::ExprNamed { arg: value, .. }) = argument;
    if let FunctionArgExpr::Expr(expr) = value { Some(expr) } else { None }
}
