//! What one value may be made of. `array_agg` and `string_agg` make a value of a whole group, and a window gives each row a value of its
//! own: the engine accounts for the group, but not for what is made of it afterwards, and for nothing that a window holds or gives.

use arrow_schema::DataType;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::expr::{NullTreatment, WindowFunction};
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan};

use crate::error::HuntError;

/// Aggregates whose value is as large as their group.
const GATHERING: [&str; 2] = ["array_agg", "string_agg"];

fn limit(limit: &str) -> HuntError {
    HuntError::Limit { limit: limit.to_owned() }
}

/// Whether the aggregate's value is as large as its group.
pub(crate) fn is_gathering(name: &str) -> bool {
    GATHERING.contains(&name)
}

/// Refuses a plan that could give what was gathered to many rows, or long texts to each row of a window.
///
/// # Errors
/// `Limit` which says what is not possible.
pub(crate) fn check(plan: &LogicalPlan) -> Result<(), HuntError> {
    gives(plan).map(|_| ())
}

/// Whether a row of what the plan gives may hold something gathered.
fn gives(plan: &LogicalPlan) -> Result<bool, HuntError> {
    let mut below = false;
    for input in plan.inputs() {
        below |= gives(input)?;
    }
    let mut here = false;
    for expr in plan.expressions() {
        here |= gathers(&expr, plan)?;
    }
    let once = !(below && here);
    let repeats = matches!(plan, LogicalPlan::Join(_) | LogicalPlan::Window(_) | LogicalPlan::RecursiveQuery(_) | LogicalPlan::Unnest(_));
    if below && repeats || !once {
        return Err(limit(
            "what `array_agg` or `string_agg` gathered goes into no join, window, recursion or second gathering: join first, gather last",
        ));
    }
    Ok(below || here)
}

/// Whether the expression of a plan gathers.
fn gathers(expr: &Expr, plan: &LogicalPlan) -> Result<bool, HuntError> {
    let (mut found, mut refused) = (false, None);
    let visited = expr.apply(|part| {
        let checked = match part {
            Expr::AggregateFunction(call) => {
                found |= is_gathering(call.func.name());
                Ok(())
            }
            Expr::WindowFunction(call) => check_window(part, call, plan),
            Expr::ScalarSubquery(query) => for_each_row(&query.subquery),
            Expr::Exists(exists) => for_each_row(&exists.subquery.subquery),
            Expr::InSubquery(within) => for_each_row(&within.subquery.subquery),
            Expr::SetComparison(compared) => for_each_row(&compared.subquery.subquery),
            _ => Ok(()),
        };
        refused = checked.err();
        Ok(if refused.is_some() { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    });
    match (refused, visited) {
        (Some(refused), _) => Err(refused),
        (None, Err(error)) => Err(HuntError::of(&error)),
        (None, Ok(_)) => Ok(found),
    }
}

fn for_each_row(subquery: &LogicalPlan) -> Result<(), HuntError> {
    if gives(subquery)? {
        return Err(limit(
            "a subquery within an expression gathers nothing: `array_agg` and `string_agg` stand in FROM or in the outermost SELECT",
        ));
    }
    Ok(())
}

/// A window gives a value to each row: a number or a time, or the text of one other row to one row.
fn check_window(expr: &Expr, call: &WindowFunction, plan: &LogicalPlan) -> Result<(), HuntError> {
    let name = call.fun.name();
    if is_gathering(name) {
        return Err(limit("`array_agg` and `string_agg` gather groups (GROUP BY), not windows"));
    }
    let kind = plan.inputs().first().and_then(|input| expr.get_type(input.schema()).ok());
    let small = kind.is_some_and(|kind| kind.is_primitive() || matches!(kind, DataType::Boolean | DataType::Null));
    let params = &call.params;
    let once = params.args.len() <= 2 && params.null_treatment != Some(NullTreatment::IgnoreNulls);
    if small || (once && matches!(name, "lag" | "lead")) {
        return Ok(());
    }
    Err(limit("over a window texts come from `lag` and `lead` without a default only; other functions give numbers and times"))
}
