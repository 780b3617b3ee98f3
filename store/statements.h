/* Every statement the store runs on its tables: name, SQL.  Parameters are numbered in the order of
 * their appearance unless a number is needed twice. */
#pragma once

#define MACHINE_COLUMNS "id, account, region, name, type, status, creation_ms, revision"

#define ACTIVITY_COLUMNS "id, account, region, name, creation_ms, encryption"

/* The columns a list shows, then the rest. */
#define EXECUTION_LIST_COLUMNS                                                            \
    "id, machine, revision, name, status, start_ms, stop_ms, redrive_ms, redrive_count, " \
    "event_count, payload_count, branch_count, timeout_ms, version_arn, alias_arn"
#define EXECUTION_COLUMNS EXECUTION_LIST_COLUMNS ", trace_header, error, cause, input, output"

#define EVENT_COLUMNS "key, previous, time_ms, type, details, payload"

#define BRANCH_COLUMNS                                                                            \
    "key, parent, slot, status, phase, state, entered_event, entered_ms, previous, input, work, " \
    "output, variables, details"

/* A list over all statuses is one list for each; SQLite merges them, each in its index's order. */
#define EXECUTION_ARM(status) \
    "SELECT id AS found FROM executions WHERE machine = ?1 AND status = " #status " AND id < ?2 "
#define EXECUTION_AND(status) "UNION ALL " EXECUTION_ARM(status)
#define EXECUTION_ARMS \
    EXECUTION_ARM(1)   \
    EXECUTION_AND(2) EXECUTION_AND(3) EXECUTION_AND(4) EXECUTION_AND(5) EXECUTION_AND(6)

#define STATEMENT_LIST(X)                                                                         \
    X(BEGIN, "BEGIN IMMEDIATE")                                                                   \
    X(COMMIT, "COMMIT")                                                                           \
    X(ROLLBACK, "ROLLBACK")                                                                       \
                                                                                                  \
    X(GET_SETTING, "SELECT value FROM settings WHERE name = ?")                                   \
    X(PUT_SETTING, "REPLACE INTO settings (name, value) VALUES (?, ?)")                           \
                                                                                                  \
    X(ADD_MACHINE, "INSERT INTO state_machines (account, region, name, type, status, "            \
                   "creation_ms, revision) VALUES (?, ?, ?, ?, ?, ?, 0)")                         \
    X(SET_MACHINE_REVISION, "UPDATE state_machines SET revision = ? WHERE id = ?")                \
    X(SET_MACHINE_STATUS, "UPDATE state_machines SET status = ? WHERE id = ?")                    \
    X(GET_MACHINE, "SELECT " MACHINE_COLUMNS " FROM state_machines "                              \
                   "WHERE account = ? AND region = ? AND name = ?")                               \
    X(GET_MACHINE_BY_ID, "SELECT " MACHINE_COLUMNS " FROM state_machines WHERE id = ?")           \
    X(LIST_MACHINES, "SELECT " MACHINE_COLUMNS " FROM state_machines "                            \
                     "WHERE account = ? AND region = ? AND name > ? ORDER BY name LIMIT ?")       \
    X(LIST_DELETING, "SELECT id FROM state_machines WHERE status = 2 ORDER BY id")                \
    X(COUNT_MACHINES, "SELECT count(*) FROM state_machines WHERE account = ? AND region = ?")     \
    X(DELETE_MACHINE, "DELETE FROM state_machines WHERE id = ?")                                  \
    X(ADD_REVISION, "INSERT INTO revisions (machine, revision_id, creation_ms, definition, "      \
                    "role_arn, logging, tracing, encryption, variable_references) "               \
                    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")                                         \
    X(GET_REVISION, "SELECT id, machine, revision_id, creation_ms, definition, role_arn, "        \
                    "logging, tracing, encryption, variable_references "                          \
                    "FROM revisions WHERE id = ?")                                                \
                                                                                                  \
    X(ADD_EXECUTION, "INSERT INTO executions (" EXECUTION_COLUMNS ") "                            \
                     "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")       \
    X(UPDATE_EXECUTION, "UPDATE executions SET event_count = ?2, payload_count = ?3, "            \
                        "branch_count = ?4, timeout_ms = ?5 WHERE id = ?1 AND status = ?6")       \
    X(CLOSE_EXECUTION, "UPDATE executions SET event_count = ?2, payload_count = ?3, "             \
                       "branch_count = ?4, timeout_ms = ?5, status = ?6, stop_ms = ?7, "          \
                       "output = ?8, error = ?9, cause = ?10 "                                    \
                       "WHERE id = ?1 AND ?11 & (1 << status)")                                   \
    X(GET_EXECUTION,                                                                              \
      "SELECT " EXECUTION_COLUMNS " FROM executions WHERE machine = ? AND name = ?")              \
    X(GET_EXECUTION_BY_ID, "SELECT " EXECUTION_COLUMNS " FROM executions WHERE id = ?")           \
    X(FIND_EXECUTION, "SELECT id, status FROM executions WHERE machine = ? AND name = ?")         \
    X(HAS_EXECUTION, "SELECT 1 FROM executions WHERE id = ?")                                     \
    X(LAST_EXECUTION, "SELECT coalesce(max(id), 0) FROM executions")                              \
    X(COUNT_OPEN, "SELECT count(*) FROM executions WHERE status = 1")                             \
    X(LIST_RUNNING, "SELECT id FROM executions WHERE status = 1 AND id > ? ORDER BY id LIMIT ?")  \
    X(LIST_EXECUTIONS, "SELECT " EXECUTION_LIST_COLUMNS " FROM (" EXECUTION_ARMS                  \
                       "ORDER BY found DESC LIMIT ?3) JOIN executions ON id = found "             \
                       "ORDER BY found DESC")                                                     \
    X(LIST_EXECUTIONS_WITH_STATUS,                                                                \
      "SELECT " EXECUTION_LIST_COLUMNS " FROM executions "                                        \
      "WHERE machine = ?1 AND status = ?4 AND id < ?2 ORDER BY id DESC LIMIT ?3")                 \
    X(LIST_EXPIRED, "SELECT id FROM executions WHERE stop_ms < ? ORDER BY stop_ms LIMIT ?")       \
    X(LIST_OF_MACHINE, "SELECT id FROM executions WHERE machine = ? LIMIT ?")                     \
    X(DELETE_EXECUTION, "DELETE FROM executions WHERE id = ?")                                    \
    X(DELETE_EVENTS, "DELETE FROM events WHERE key >= ? AND key < ?")                             \
    X(DELETE_PAYLOADS, "DELETE FROM payloads WHERE key >= ? AND key < ?")                         \
    X(DELETE_BRANCHES, "DELETE FROM branches WHERE key >= ? AND key < ?")                         \
                                                                                                  \
    X(ADD_EVENT, "INSERT INTO events (" EVENT_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?)")              \
    X(READ_EVENTS, "SELECT " EVENT_COLUMNS " FROM events "                                        \
                   "WHERE key >= ?1 AND key <= ?2 ORDER BY key LIMIT ?3")                         \
    X(READ_EVENTS_REVERSE, "SELECT " EVENT_COLUMNS " FROM events "                                \
                           "WHERE key >= ?1 AND key <= ?2 ORDER BY key DESC LIMIT ?3")            \
    X(PUT_PAYLOAD, "INSERT INTO payloads (key, text) VALUES (?, ?)")                              \
    X(GET_PAYLOAD, "SELECT text FROM payloads WHERE key = ?")                                     \
                                                                                                  \
    X(PUT_BRANCH, "REPLACE INTO branches (" BRANCH_COLUMNS ") "                                   \
                  "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")                            \
    X(DELETE_BRANCH, "DELETE FROM branches WHERE key = ?")                                        \
    X(LIST_BRANCHES, "SELECT " BRANCH_COLUMNS " FROM branches "                                   \
                     "WHERE key >= ? AND key < ? ORDER BY key")                                   \
                                                                                                  \
    X(REDRIVE_STATE, "SELECT e.status, e.start_ms, e.stop_ms, e.redrive_count, e.event_count, "   \
                     "m.status FROM executions e JOIN state_machines m ON m.id = e.machine "      \
                     "WHERE e.id = ?")                                                            \
    X(REDRIVE, "UPDATE executions SET status = 1, redrive_ms = ?2, redrive_count = ?3, "          \
               "event_count = ?4, timeout_ms = ?5, stop_ms = NULL, output = NULL, error = NULL, " \
               "cause = NULL WHERE id = ?1 AND status IN (3, 4, 5)")                              \
    X(FIND_TOKEN, "SELECT redrive_ms, number FROM redrive_tokens "                                \
                  "WHERE execution = ? AND token = ? AND redrive_ms >= ?")                        \
    X(PUT_TOKEN, "REPLACE INTO redrive_tokens (execution, token, redrive_ms, number) "            \
                 "VALUES (?, ?, ?, ?)")                                                           \
    X(FORGET_TOKENS,                                                                              \
      "DELETE FROM redrive_tokens WHERE execution = ?1 AND number <= (SELECT number FROM "        \
      "redrive_tokens WHERE execution = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2)")              \
                                                                                                  \
    X(ADD_ACTIVITY, "INSERT INTO activities (account, region, name, creation_ms, encryption) "    \
                    "VALUES (?, ?, ?, ?, ?)")                                                     \
    X(GET_ACTIVITY, "SELECT " ACTIVITY_COLUMNS " FROM activities "                                \
                    "WHERE account = ? AND region = ? AND name = ?")                              \
    X(DELETE_ACTIVITY, "DELETE FROM activities WHERE id = ?")                                     \
    X(COUNT_ACTIVITIES, "SELECT count(*) FROM activities WHERE account = ? AND region = ?")       \
    X(LIST_ACTIVITIES, "SELECT " ACTIVITY_COLUMNS " FROM activities "                             \
                       "WHERE account = ? AND region = ? AND name > ? ORDER BY name LIMIT ?")     \
                                                                                                  \
    X(PUT_TAG, "REPLACE INTO tags (arn, key, value) VALUES (?, ?, ?)")                            \
    X(DELETE_TAG, "DELETE FROM tags WHERE arn = ? AND key = ?")                                   \
    X(DELETE_TAGS, "DELETE FROM tags WHERE arn = ?")                                              \
    X(LIST_TAGS, "SELECT key, value FROM tags WHERE arn = ? ORDER BY key")
