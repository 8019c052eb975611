-- The second wall, looked up once a statement: the list of the tenants was split anew for each row, which took six seconds for 100,000
-- rows and 3,000 tenants.

ALTER POLICY tenants ON entity USING (CASE (SELECT current_setting('hikeshi.tenants', true)) WHEN '*' THEN true
    ELSE org IN (SELECT unnest(string_to_array(nullif(current_setting('hikeshi.tenants', true), '*'), ',')::bigint[])) END);

ALTER POLICY tenants ON version USING (CASE (SELECT current_setting('hikeshi.tenants', true)) WHEN '*' THEN true
    ELSE org IN (SELECT unnest(string_to_array(nullif(current_setting('hikeshi.tenants', true), '*'), ',')::bigint[])) END);

ALTER POLICY tenants ON found USING (CASE (SELECT current_setting('hikeshi.tenants', true)) WHEN '*' THEN true
    ELSE org IN (SELECT unnest(string_to_array(nullif(current_setting('hikeshi.tenants', true), '*'), ',')::bigint[])) END);

ALTER POLICY tenants ON field USING (CASE (SELECT current_setting('hikeshi.tenants', true)) WHEN '*' THEN true
    ELSE org IN (SELECT unnest(string_to_array(nullif(current_setting('hikeshi.tenants', true), '*'), ',')::bigint[])) END);

ALTER POLICY tenants ON gram USING (CASE (SELECT current_setting('hikeshi.tenants', true)) WHEN '*' THEN true
    ELSE org IN (SELECT unnest(string_to_array(nullif(current_setting('hikeshi.tenants', true), '*'), ',')::bigint[])) END);

ALTER POLICY tenants ON claim USING (CASE (SELECT current_setting('hikeshi.tenants', true)) WHEN '*' THEN true
    ELSE org IN (SELECT unnest(string_to_array(nullif(current_setting('hikeshi.tenants', true), '*'), ',')::bigint[])) END);

ALTER POLICY tenants ON series USING (CASE (SELECT current_setting('hikeshi.tenants', true)) WHEN '*' THEN true
    ELSE org IN (SELECT unnest(string_to_array(nullif(current_setting('hikeshi.tenants', true), '*'), ',')::bigint[])) END);

ALTER POLICY tenants ON job USING (CASE (SELECT current_setting('hikeshi.tenants', true)) WHEN '*' THEN true
    ELSE org IN (SELECT unnest(string_to_array(nullif(current_setting('hikeshi.tenants', true), '*'), ',')::bigint[])) END);

ALTER POLICY tenants ON segment USING (CASE (SELECT current_setting('hikeshi.tenants', true)) WHEN '*' THEN true
    ELSE org IN (SELECT unnest(string_to_array(nullif(current_setting('hikeshi.tenants', true), '*'), ',')::bigint[])) END);

ALTER POLICY tenants ON prevalence USING (CASE (SELECT current_setting('hikeshi.tenants', true)) WHEN '*' THEN true
    ELSE org IN (SELECT unnest(string_to_array(nullif(current_setting('hikeshi.tenants', true), '*'), ',')::bigint[])) END);

ALTER POLICY tenants ON feed USING (CASE (SELECT current_setting('hikeshi.tenants', true)) WHEN '*' THEN true
    ELSE org IN (SELECT unnest(string_to_array(nullif(current_setting('hikeshi.tenants', true), '*'), ',')::bigint[])) END);
