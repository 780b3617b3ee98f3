/* Every statement the store runs on its tables: name, SQL.  Parameters are numbered in the order of
 * their appearance unless a number is needed twice. */
#pragma once

#define MACHINE_COLUMNS "id, account, region, name, type, status, creation_ms, revision"

#define ACTIVITY_COLUMNS "id, account, region, name, creation_ms, encryption"

/* The columns a list shows, then the rest. */
#define EXECUTION_LIST_COLUMNS                                                            \
    "id, machine, revision, name, status, start_ms, stop_ms, redrive_ms, redrive_count, " \
    "event_count, payload_count, branch_count, timeout_ms, version_arn, alias_arn, "      \
    "map_run, item, item_count"
#define EXECUTION_COLUMNS \
    EXECUTION_LIST_COLUMNS ", trace_header, error, cause, input, output, test_case"

#define VERSION_COLUMNS "machine, number, revision, creation_ms, description"

#define ALIAS_COLUMNS                                                                      \
    "machine, name, creation_ms, update_ms, description, version_1, weight_1, version_2, " \
    "weight_2"

#define MAP_RUN_COLUMNS                                                                       \
    "id, machine, execution, revision, uuid, label, state, express, status, phase, outcome, " \
    "start_ms, stop_ms, redrive_ms, redrive_count, max_concurrency, tolerated_count, "        \
    "tolerated_percentage, error, cause, plan, executions, items, objects"

/* ?5: 0 all, 1 those that were never redriven, 2 those that were. */
#define CHILD_FILTER "(?5 = 0 OR (redrive_count > 0) = (?5 = 2)) AND map_run"

#define EVENT_COLUMNS "key, previous, time_ms, type, details, payload"

#define BRANCH_COLUMNS                                                                            \
    "key, parent, slot, status, phase, state, entered_event, entered_ms, previous, input, work, " \
    "output, variables, details"

/* A list over all statuses is one list for each; SQLite merges them, each in its index's order.
 * `of` is the column that tells whose executions they are. */
#define EXECUTION_ARM(of, status)                                                        \
    "SELECT id AS found FROM executions WHERE " of " = ?1 AND status = " #status " AND " \
    "id < ?2 "
#define EXECUTION_AND(of, status) "UNION ALL " EXECUTION_ARM(of, status)
#define EXECUTION_LIST(of)                                                               \
    "SELECT " EXECUTION_LIST_COLUMNS " FROM (" EXECUTION_ARM(of, 1) EXECUTION_AND(of, 2) \
        EXECUTION_AND(of, 3) EXECUTION_AND(of, 4) EXECUTION_AND(of, 5)                   \
            EXECUTION_AND(of, 6) "ORDER BY found DESC LIMIT ?3) "                        \
                                 "JOIN executions ON id = found ORDER BY found DESC"
#define EXECUTION_LIST_WITH_STATUS(of)                   \
    "SELECT " EXECUTION_LIST_COLUMNS " FROM executions " \
    "WHERE " of " = ?1 AND status = ?4 AND id < ?2 ORDER BY id DESC LIMIT ?3"

#define STATEMENT_LIST(X)                                                                          \
    X(BEGIN, "BEGIN IMMEDIATE")                                                                    \
    X(COMMIT, "COMMIT")                                                                            \
    X(ROLLBACK, "ROLLBACK")                                                                        \
                                                                                                   \
    X(GET_SETTING, "SELECT value FROM settings WHERE name = ?")                                    \
    X(PUT_SETTING, "REPLACE INTO settings (name, value) VALUES (?, ?)")                            \
                                                                                                   \
    X(ADD_MACHINE, "INSERT INTO state_machines (account, region, name, type, status, "             \
                   "creation_ms, revision) VALUES (?, ?, ?, ?, ?, ?, 0)")                          \
    X(SET_MACHINE_REVISION, "UPDATE state_machines SET revision = ? WHERE id = ?")                 \
    X(SET_MACHINE_STATUS, "UPDATE state_machines SET status = ? WHERE id = ?")                     \
    X(GET_MACHINE, "SELECT " MACHINE_COLUMNS " FROM state_machines "                               \
                   "WHERE account = ? AND region = ? AND name = ?")                                \
    X(GET_MACHINE_BY_ID, "SELECT " MACHINE_COLUMNS " FROM state_machines WHERE id = ?")            \
    X(LIST_MACHINES, "SELECT " MACHINE_COLUMNS " FROM state_machines "                             \
                     "WHERE account = ? AND region = ? AND name > ? ORDER BY name LIMIT ?")        \
    X(LIST_DELETING, "SELECT id FROM state_machines WHERE status = 2 ORDER BY id")                 \
    X(COUNT_MACHINES, "SELECT count(*) FROM state_machines WHERE account = ? AND region = ?")      \
    X(DELETE_MACHINE, "DELETE FROM state_machines WHERE id = ?")                                   \
    X(ADD_REVISION, "INSERT INTO revisions (machine, revision_id, creation_ms, definition, "       \
                    "role_arn, logging, tracing, encryption, variable_references) "                \
                    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")                                          \
    X(GET_REVISION, "SELECT id, machine, revision_id, creation_ms, definition, role_arn, "         \
                    "logging, tracing, encryption, variable_references "                           \
                    "FROM revisions WHERE id = ?")                                                 \
                                                                                                   \
    X(ADD_VERSION, "INSERT INTO versions (" VERSION_COLUMNS ") "                                   \
                   "SELECT id, last_version + 1, ?2, ?3, ?4 FROM state_machines WHERE id = ?1")    \
    X(COUNT_VERSION_UP, "UPDATE state_machines SET last_version = last_version + 1 "               \
                        "WHERE id = ? RETURNING last_version")                                     \
    X(GET_VERSION, "SELECT " VERSION_COLUMNS " FROM versions WHERE machine = ? AND number = ?")    \
    X(GET_VERSION_OF_REVISION, "SELECT " VERSION_COLUMNS " FROM versions WHERE revision = ?")      \
    X(GET_FIRST_VERSION, "SELECT " VERSION_COLUMNS " FROM versions WHERE machine = ? "             \
                         "ORDER BY number LIMIT 1")                                                \
    X(DELETE_VERSION, "DELETE FROM versions WHERE machine = ? AND number = ?")                     \
    X(COUNT_VERSIONS, "SELECT count(*) FROM versions WHERE machine = ?")                           \
    X(LIST_VERSIONS, "SELECT " VERSION_COLUMNS " FROM versions "                                   \
                     "WHERE machine = ? AND number < ? ORDER BY number DESC LIMIT ?")              \
                                                                                                   \
    X(ADD_ALIAS, "INSERT INTO aliases (" ALIAS_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")     \
    X(UPDATE_ALIAS,                                                                                \
      "UPDATE aliases SET update_ms = ?4, description = ?5, version_1 = ?6, "                      \
      "weight_1 = ?7, version_2 = ?8, weight_2 = ?9 WHERE machine = ?1 AND name = ?2")             \
    X(GET_ALIAS, "SELECT " ALIAS_COLUMNS " FROM aliases WHERE machine = ? AND name = ?")           \
    X(DELETE_ALIAS, "DELETE FROM aliases WHERE machine = ? AND name = ?")                          \
    X(COUNT_ALIASES, "SELECT count(*) FROM aliases WHERE machine = ?")                             \
    X(LIST_ALIASES, "SELECT " ALIAS_COLUMNS " FROM aliases "                                       \
                    "WHERE machine = ? AND name > ? ORDER BY name LIMIT ?")                        \
    X(LIST_ALIASES_OF_VERSION,                                                                     \
      "SELECT " ALIAS_COLUMNS " FROM aliases WHERE machine = ?1 AND "                              \
      "name > ?2 AND (version_1 = ?4 OR version_2 = ?4) ORDER BY name LIMIT ?3")                   \
                                                                                                   \
    X(ADD_EXECUTION, "INSERT INTO executions (" EXECUTION_COLUMNS ") "                             \
                     "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "     \
                     "?, ?, ?)")                                                                   \
    X(UPDATE_EXECUTION, "UPDATE executions SET event_count = ?2, payload_count = ?3, "             \
                        "branch_count = ?4, timeout_ms = ?5 WHERE id = ?1 AND status = ?6")        \
    X(CLOSE_EXECUTION, "UPDATE executions SET event_count = ?2, payload_count = ?3, "              \
                       "branch_count = ?4, timeout_ms = ?5, status = ?6, stop_ms = ?7, "           \
                       "output = ?8, error = ?9, cause = ?10 "                                     \
                       "WHERE id = ?1 AND ?11 & (1 << status)")                                    \
    X(GET_EXECUTION,                                                                               \
      "SELECT " EXECUTION_COLUMNS " FROM executions WHERE machine = ? AND name = ?")               \
    X(GET_EXECUTION_BY_ID, "SELECT " EXECUTION_COLUMNS " FROM executions WHERE id = ?")            \
    X(FIND_EXECUTION, "SELECT id, status FROM executions WHERE machine = ? AND name = ?")          \
    X(HAS_EXECUTION, "SELECT 1 FROM executions WHERE id = ?")                                      \
    X(LAST_EXECUTION, "SELECT coalesce(max(id), 0) FROM executions")                               \
    X(COUNT_OPEN, "SELECT count(*) FROM executions WHERE status = 1")                              \
    X(LIST_RUNNING, "SELECT id FROM executions WHERE status = 1 AND id > ? ORDER BY id LIMIT ?")   \
    X(LIST_EXECUTIONS, EXECUTION_LIST("map_run IS NULL AND machine"))                              \
    X(LIST_EXECUTIONS_WITH_STATUS, EXECUTION_LIST_WITH_STATUS("map_run IS NULL AND machine"))      \
    X(LIST_OF_VERSION, EXECUTION_LIST("version_arn"))                                              \
    X(LIST_OF_VERSION_WITH_STATUS, EXECUTION_LIST_WITH_STATUS("version_arn"))                      \
    X(LIST_OF_ALIAS, EXECUTION_LIST("alias_arn"))                                                  \
    X(LIST_OF_ALIAS_WITH_STATUS, EXECUTION_LIST_WITH_STATUS("alias_arn"))                          \
    X(LIST_EXPIRED, "SELECT id FROM executions WHERE stop_ms < ? AND (map_run IS NULL OR "         \
                    "map_run NOT IN (SELECT id FROM map_runs)) ORDER BY stop_ms LIMIT ?")          \
    X(LIST_OF_MACHINE, "SELECT id FROM executions WHERE machine = ? LIMIT ?")                      \
    X(DELETE_EXECUTION, "DELETE FROM executions WHERE id = ?")                                     \
    X(DELETE_EVENTS, "DELETE FROM events WHERE key >= ? AND key < ?")                              \
    X(DELETE_PAYLOADS, "DELETE FROM payloads WHERE key >= ? AND key < ?")                          \
    X(DELETE_BRANCHES, "DELETE FROM branches WHERE key >= ? AND key < ?")                          \
                                                                                                   \
    X(ADD_EVENT, "INSERT INTO events (" EVENT_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?)")               \
    X(READ_EVENTS, "SELECT " EVENT_COLUMNS " FROM events "                                         \
                   "WHERE key >= ?1 AND key <= ?2 ORDER BY key LIMIT ?3")                          \
    X(READ_EVENTS_REVERSE, "SELECT " EVENT_COLUMNS " FROM events "                                 \
                           "WHERE key >= ?1 AND key <= ?2 ORDER BY key DESC LIMIT ?3")             \
    X(PUT_PAYLOAD, "INSERT INTO payloads (key, text) VALUES (?, ?)")                               \
    X(GET_PAYLOAD, "SELECT text FROM payloads WHERE key = ?")                                      \
                                                                                                   \
    X(PUT_BRANCH, "REPLACE INTO branches (" BRANCH_COLUMNS ") "                                    \
                  "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")                             \
    X(DELETE_BRANCH, "DELETE FROM branches WHERE key = ?")                                         \
    X(LIST_BRANCHES, "SELECT " BRANCH_COLUMNS " FROM branches "                                    \
                     "WHERE key >= ? AND key < ? ORDER BY key")                                    \
                                                                                                   \
    X(REDRIVE_STATE, "SELECT e.status, e.start_ms, e.stop_ms, e.redrive_count, e.event_count, "    \
                     "m.status FROM executions e JOIN state_machines m ON m.id = e.machine "       \
                     "WHERE e.id = ?")                                                             \
    X(REDRIVE, "UPDATE executions SET status = 1, redrive_ms = ?2, redrive_count = ?3, "           \
               "event_count = ?4, timeout_ms = ?5, stop_ms = NULL, output = NULL, error = NULL, "  \
               "cause = NULL WHERE id = ?1 AND status IN (3, 4, 5)")                               \
    X(FIND_TOKEN, "SELECT redrive_ms, number FROM redrive_tokens "                                 \
                  "WHERE execution = ? AND token = ? AND redrive_ms >= ?")                         \
    X(PUT_TOKEN, "REPLACE INTO redrive_tokens (execution, token, redrive_ms, number) "             \
                 "VALUES (?, ?, ?, ?)")                                                            \
    X(FORGET_TOKENS,                                                                               \
      "DELETE FROM redrive_tokens WHERE execution = ?1 AND number <= (SELECT number FROM "         \
      "redrive_tokens WHERE execution = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2)")               \
                                                                                                   \
    X(ADD_MAP_RUN,                                                                                 \
      "INSERT INTO map_runs (" MAP_RUN_COLUMNS                                                     \
      ") VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")      \
    X(UPDATE_MAP_RUN,                                                                              \
      "UPDATE map_runs SET status = ?2, phase = ?3, outcome = ?4, stop_ms = ?5, redrive_ms = ?6, " \
      "redrive_count = ?7, max_concurrency = ?8, tolerated_count = ?9, tolerated_percentage = "    \
      "?10, error = ?11, cause = ?12, plan = coalesce(?13, plan), executions = ?14, items = ?15, " \
      "objects = ?16 WHERE id = ?1")                                                               \
    X(GET_MAP_RUN, "SELECT " MAP_RUN_COLUMNS " FROM map_runs WHERE machine = ? AND uuid = ?")      \
    X(GET_MAP_RUN_BY_ID, "SELECT " MAP_RUN_COLUMNS " FROM map_runs WHERE id = ?")                  \
    X(LIST_MAP_RUNS, "SELECT " MAP_RUN_COLUMNS                                                     \
                     " FROM map_runs WHERE execution = ? AND id < ? ORDER BY id DESC LIMIT ?")     \
    X(LIST_OPEN_MAP_RUNS,                                                                          \
      "SELECT id FROM map_runs WHERE status = 1 AND id > ? ORDER BY id LIMIT ?")                   \
    X(DELETE_MAP_RUNS, "DELETE FROM map_runs WHERE execution = ?")                                 \
    X(PUT_MAP_ITEMS, "INSERT INTO map_items (map_run, first, source, items) VALUES (?, ?, ?, ?)")  \
    X(GET_MAP_ITEMS,                                                                               \
      "SELECT first, source, items FROM map_items WHERE map_run = ? AND first <= ? "               \
      "ORDER BY first DESC LIMIT 1")                                                               \
    X(DELETE_MAP_ITEMS, "DELETE FROM map_items WHERE rowid IN (SELECT rowid FROM map_items WHERE " \
                        "map_run = ? LIMIT ?)")                                                    \
    X(LIST_CHILDREN, EXECUTION_LIST(CHILD_FILTER))                                                 \
    X(LIST_CHILDREN_WITH_STATUS, EXECUTION_LIST_WITH_STATUS(CHILD_FILTER))                         \
    X(FIND_CHILDREN, "SELECT id, item_count FROM executions WHERE map_run = ? AND status = ? AND " \
                     "id > ? ORDER BY id LIMIT ?")                                                 \
    X(READ_OUTPUTS, "SELECT id, item, output FROM executions WHERE map_run = ? AND status = 2 "    \
                    "AND id > ? ORDER BY id LIMIT ?")                                              \
    X(PEND_REDRIVE, "UPDATE executions SET status = 6 WHERE id = ? AND status IN (3, 4, 5)")       \
    X(REDRIVE_CHILD, "UPDATE executions SET status = 1, redrive_ms = ?2, redrive_count = ?3, "     \
                     "event_count = ?4, timeout_ms = ?5, stop_ms = NULL, output = NULL, error = "  \
                     "NULL, cause = NULL WHERE id = ?1 AND status = 6")                            \
    X(RESTART_CHILD, "UPDATE executions SET status = 1, start_ms = ?2, redrive_count = "           \
                     "redrive_count + 1, event_count = 0, timeout_ms = ?3, stop_ms = NULL, "       \
                     "output = NULL, error = NULL, cause = NULL WHERE id = ?1 AND status = 6")     \
    X(ABORT_PENDING, "UPDATE executions SET status = 5, stop_ms = ?2, error = NULL, cause = ?3 "   \
                     "WHERE id = ?1 AND status = 6")                                               \
                                                                                                   \
    X(ADD_ACTIVITY, "INSERT INTO activities (account, region, name, creation_ms, encryption) "     \
                    "VALUES (?, ?, ?, ?, ?)")                                                      \
    X(GET_ACTIVITY, "SELECT " ACTIVITY_COLUMNS " FROM activities "                                 \
                    "WHERE account = ? AND region = ? AND name = ?")                               \
    X(DELETE_ACTIVITY, "DELETE FROM activities WHERE id = ?")                                      \
    X(COUNT_ACTIVITIES, "SELECT count(*) FROM activities WHERE account = ? AND region = ?")        \
    X(LIST_ACTIVITIES, "SELECT " ACTIVITY_COLUMNS " FROM activities "                              \
                       "WHERE account = ? AND region = ? AND name > ? ORDER BY name LIMIT ?")      \
                                                                                                   \
    X(PUT_TAG, "REPLACE INTO tags (arn, key, value) VALUES (?, ?, ?)")                             \
    X(DELETE_TAG, "DELETE FROM tags WHERE arn = ? AND key = ?")                                    \
    X(DELETE_TAGS, "DELETE FROM tags WHERE arn = ?")                                               \
    X(LIST_TAGS, "SELECT key, value FROM tags WHERE arn = ? ORDER BY key")
