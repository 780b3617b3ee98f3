-- Executions whose tasks get mocked results.

ALTER TABLE executions ADD COLUMN test_case TEXT; -- of the mock configuration; NULL: nothing is mocked
