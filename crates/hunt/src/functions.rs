//! What a query may call. The engine's accounting of memory covers sorting, grouping and joining, not what one expression makes:
//! functions that make much out of little are therefore left out; `growth` bounds those that join.

use std::collections::HashSet;

use datafusion::prelude::SessionContext;

/// Scalar functions of a query, by every name that they answer to. Left out are those whose result can be far larger than their
/// arguments (`repeat`, `lpad`, `rpad`, `replace`, `range`, `array_repeat` …), and those that tell of the server.
const ALLOWED: &str = "abs acos acosh arrow_cast arrow_typeof array_any_value array_contains array_distinct array_element array_extract \
    array_has array_has_all array_has_any array_length array_max array_min array_position array_slice array_sort array_to_string ascii asin atan \
    atan2 bit_length btrim cardinality cbrt ceil char_length character_length chr coalesce concat concat_ws contains cos current_date current_time \
    current_timestamp date_bin date_part date_trunc datepart datetrunc decode degrees digest element_at empty encode ends_with exp \
    find_in_set floor from_unixtime gcd get_field greatest ifnull initcap instr isnan iszero lcm least left length levenshtein ln list_any_value \
    list_contains list_distinct list_element list_extract list_has list_has_all list_has_any list_length list_max list_min list_position \
    list_slice list_sort list_to_string log log10 log2 lower ltrim make_array make_date make_list map_entries map_extract map_keys map_values \
    md5 mod nanvl now nullif nvl nvl2 octet_length pi position pow power radians regexp_count regexp_instr regexp_like regexp_match reverse right \
    round rtrim sha224 sha256 sha384 sha512 sign signum sin split_part sqrt starts_with string_to_array string_to_list strpos substr \
    substr_index substring substring_index tan to_char to_date to_hex to_local_time to_timestamp to_timestamp_micros to_timestamp_millis \
    to_timestamp_nanos to_timestamp_seconds to_unixtime today trim trunc upper";

/// Takes every scalar function and table function from the session that is not allowed.
pub(crate) fn restrict(session: &SessionContext) {
    let allowed: HashSet<&str> = ALLOWED.split_whitespace().collect();
    let state = session.state();
    for name in state.scalar_functions().keys().filter(|name| !allowed.contains(name.as_str())) {
        session.deregister_udf(name);
    }
    for name in state.table_functions().keys() {
        session.deregister_udtf(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_that_make_much_of_little_are_gone() {
        let session = SessionContext::new();
        restrict(&session);
        let state = session.state();
        for name in [
            "repeat",
            "lpad",
            "rpad",
            "replace",
            "regexp_replace",
            "range",
            "generate_series",
            "array_repeat",
            "array_resize",
            "version",
            "input_file_name",
        ] {
            assert!(!state.scalar_functions().contains_key(name), "{name}");
        }
        assert!(state.table_functions().is_empty());
        for name in ["lower", "substr", "regexp_like", "date_trunc", "coalesce", "split_part"] {
            assert!(state.scalar_functions().contains_key(name), "{name}");
        }
    }
}
