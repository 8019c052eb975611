//! How many times longer than what it reads a value of a query may become. The engine's accounting of memory covers sorting, grouping
//! and joining, not what expressions make: twelve nested `s || s` make four kilobytes of each byte, in every row at once.

use datafusion::common::DFSchemaRef;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::{Expr, LogicalPlan, Operator};

use crate::error::HuntError;
use crate::gathered::is_gathering;

/// So many times longer than the longest that is read.
const MOST: u64 = 16;
/// A separator of a list's texts may be so long.
const LONGEST_SEPARATOR: usize = 8;

/// Refuses a plan in which a value could grow beyond all measure. Walks the plan as written, before expressions are computed.
///
/// # Errors
/// `Limit` when one could.
pub(crate) fn check(plan: &LogicalPlan) -> Result<(), HuntError> {
    let mut worst = 0;
    outputs(plan, &mut worst);
    if worst > MOST {
        return Err(HuntError::Limit { limit: format!("a query makes no text more than {MOST} times longer than what it reads") });
    }
    Ok(())
}

/// A node's input: its columns and how much longer each may be than what was read.
struct Input {
    schema: DFSchemaRef,
    factors: Vec<u64>,
}

/// How much longer each column that the plan gives may be; the most that anything in it may be goes into `worst`.
fn outputs(plan: &LogicalPlan, worst: &mut u64) -> Vec<u64> {
    let inputs: Vec<Input> =
        plan.inputs().into_iter().map(|input| Input { schema: input.schema().clone(), factors: outputs(input, worst) }).collect();
    let mut made = |expressions: &[Expr]| -> Vec<u64> { expressions.iter().map(|expr| factor(expr, &inputs, worst)).collect() };
    let every = made(&plan.expressions());
    let all = || inputs.iter().flat_map(|input| input.factors.iter().copied());
    let mut given: Vec<u64> = match plan {
        LogicalPlan::Projection(projection) => made(&projection.expr),
        LogicalPlan::Window(window) => all().chain(made(&window.window_expr)).collect(),
        LogicalPlan::Aggregate(_) => every,
        LogicalPlan::Union(_) => (0..plan.schema().fields().len()).map(|at| widest(&inputs, at)).collect(),
        LogicalPlan::RecursiveQuery(_) => {
            let most = all().max().unwrap_or(1);
            // Each round reads what the one before made.
            if most > 1 {
                *worst = u64::MAX;
            }
            vec![most; plan.schema().fields().len()]
        }
        _ => all().collect(),
    };
    let most = given.iter().copied().chain(all()).max().unwrap_or(1);
    let columns = plan.schema().fields().len();
    if given.len() != columns {
        given = vec![most; columns];
    }
    *worst = (*worst).max(most);
    given
}

fn widest(inputs: &[Input], at: usize) -> u64 {
    inputs.iter().filter_map(|input| input.factors.get(at)).copied().max().unwrap_or(1)
}

fn factor(expr: &Expr, inputs: &[Input], worst: &mut u64) -> u64 {
    let own = match expr {
        Expr::Column(column) => {
            let known = inputs.iter().find_map(|input| input.factors.get(input.schema.maybe_index_of_column(column)?).copied());
            known.unwrap_or_else(|| inputs.iter().flat_map(|input| input.factors.iter().copied()).max().unwrap_or(1))
        }
        Expr::ScalarSubquery(query) => outputs(&query.subquery, worst).into_iter().max().unwrap_or(1),
        Expr::Exists(exists) => {
            outputs(&exists.subquery.subquery, worst);
            1
        }
        Expr::InSubquery(within) => {
            outputs(&within.subquery.subquery, worst);
            children(&within.expr, inputs, worst).0.max(1)
        }
        Expr::BinaryExpr(binary) if binary.op == Operator::StringConcat => {
            factor(&binary.left, inputs, worst).saturating_add(factor(&binary.right, inputs, worst))
        }
        // What a whole group was gathered into may be as large as the query's memory: it is made twice as long at most.
        Expr::AggregateFunction(call) if is_gathering(call.func.name()) => children(expr, inputs, worst).0.max(MOST / 2),
        Expr::ScalarFunction(call) => {
            let arguments: Vec<u64> = call.args.iter().map(|argument| factor(argument, inputs, worst)).collect();
            of_call(call.name(), &call.args, &arguments)
        }
        other => children(other, inputs, worst).0.max(1),
    };
    *worst = (*worst).max(own);
    own
}

/// The most and the sum of an expression's parts.
fn children(expr: &Expr, inputs: &[Input], worst: &mut u64) -> (u64, u64) {
    let (mut most, mut sum) = (0_u64, 0_u64);
    // The visitor breaks off nowhere, so that it cannot fail.
    let _ = expr.apply_children(|child| {
        let part = factor(child, inputs, worst);
        (most, sum) = (most.max(part), sum.saturating_add(part));
        Ok(TreeNodeRecursion::Continue)
    });
    (most, sum)
}

/// A function's result beside its arguments.
fn of_call(name: &str, arguments: &[Expr], factors: &[u64]) -> u64 {
    let most = factors.iter().copied().max().unwrap_or(1);
    let sum = factors.iter().fold(0_u64, |sum, factor| sum.saturating_add(*factor));
    match name {
        "concat" | "make_array" | "make_list" => sum.max(1),
        // The separator stands between all of them.
        "concat_ws" => sum.saturating_add(factors.first().copied().unwrap_or(1).saturating_mul(factors.len() as u64)),
        "encode" => most.saturating_mul(2),
        "string_to_array" | "string_to_list" | "regexp_match" => most.saturating_mul(4),
        "array_to_string" | "list_to_string" if arguments.iter().skip(1).all(is_short) => most.saturating_mul(2),
        "array_to_string" | "list_to_string" => u64::MAX,
        _ => most,
    }
}

fn is_short(separator: &Expr) -> bool {
    matches!(separator, Expr::Literal(value, _) if value.try_as_str().flatten().is_some_and(|text| text.len() <= LONGEST_SEPARATOR))
}
