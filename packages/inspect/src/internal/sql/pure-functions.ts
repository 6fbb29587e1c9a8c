/**
 * Built-in functions that neither change anything nor reach beyond the rows they are given; of the
 * clock only the date. What sizes its result by an argument (`repeat`, `lpad`, `generate_series`) is
 * left out.
 */
export const PURE_FUNCTIONS: readonly string[] = (
  "abs array_agg array_length avg bool_and bool_or btrim ceil ceiling char_length concat concat_ws " +
  "count date_part date_trunc dense_rank extract first_value floor greatest initcap json_agg " +
  "json_build_object jsonb_agg jsonb_build_object lag last_value lead least left length like_escape " +
  "lower ltrim max md5 min mod now ntile nullif overlay position rank replace right round row_number " +
  "rtrim sign similar_to_escape split_part strpos string_agg substr substring sum timezone to_char " +
  "to_date to_number to_timestamp trim trunc upper"
).split(" ");
