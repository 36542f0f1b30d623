// Package metric says to Prometheus how an installation does: when each job has
// last gone well, how old each list and feed is, what became of the records of
// the newest publication, how long steps take, and how full the disk is. Serve
// answers scrapes of a daemon; Write leaves a file for node_exporter's textfile
// collector, for runs that somebody else's clock calls for.
//
// Where metrics go there are no agreements and no gates, so they hold nobody's
// data. No label is taken from data: each is one of a closed set of words (what
// the configuration and the schedules name, and constants of this program), and
// whatever else comes is "other". No count of records or persons is exact:
// Rounded is the only way out for one. Counts of jobs, runs, layers and bytes
// are not about people, and are exact.
//
// # The metrics
//
// What each is called after ohc_, and by which labels:
//
//   - job_last_success_timestamp_seconds, job_last_end_timestamp_seconds,
//     job_next_due_timestamp_seconds, job_running_since_timestamp_seconds: by job_name
//   - job_late, job_failed, job_tries, job_turns_total, job_runs_total: what ought to
//     be done and is not; how turns and runs ended, by status and kind of failure
//   - list_issued_timestamp_seconds, list_expires_timestamp_seconds, list_readable:
//     each gate's list as it lies there, and the purpose, which expires with its
//     review or exemption
//   - list_used_issued_timestamp_seconds: the list that what is published stands on
//   - feed_newest_timestamp_seconds, feed_published_timestamp_seconds,
//     feed_fetched_timestamp_seconds, feed_fetched_bytes, feed_fetched_records,
//     feed_incomplete: by feed; of a folder only its newest file, as seen after the
//     last step
//   - records: of the published run, by feed, dataset, outcome, gate, reason
//   - run_duration_seconds, step_duration_seconds, step_bytes: of the newest run of
//     each command that ended well
//   - stage_layers, stage_rows, folder_bytes, disk_free_bytes, disk_size_bytes: by
//     folder: stage, landing, work, marts
//   - published_timestamp_seconds, snapshot_as_of_timestamp_seconds: when, and for
//     which day
//   - clock_serving, readable, measured_timestamp_seconds, build_info: of itself; serve
//     adds Go's own (go_, process_)
package metric
