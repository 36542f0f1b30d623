// Package pipeline is the way in: it takes what the feeds hold past the gates
// and across into the stage, and has the marts built and published.
//
// # One reading, followed from a wrist to a mart
//
// A watch counts 412 steps between 07:45 and 08:00. In the night its vendor
// pushes that, with the day's other readings, as JSON that names nobody but an
// account.
//
// The way begins in route.go, in Run.Go, which is the whole path in one
// straight line. First every feed is read for its persons (enrol): the shared
// record says which NHS number is behind which reference, and the connections
// file says whose the account is and since when. Package deid/gate takes them
// up in its roster, and the Keeper asks the person gates about each: is the
// number on the national opt-out's allow list, has the person objected? Each
// person's number becomes a person_id, once (deid.NewCrossing).
//
// Then every feed is read for its records (carry). The adapter
// source/wearable/garmin finds our reading, works out which local day it
// belongs to, and hands over a record.Of[row.Reading]: a Head that names
// account and record, and a Row that is already shaped to be stored. carry.go
// has one line for each dataset, and ours is the one that says reading.
//
// gate.Admit looks up the account's person at 07:45, sees the verdict, and
// asks the record gates: was the person connected at that time, is the record
// sensitive? It is let through, as gate.Admitted; had it not been, it would be
// one more in the tally of its gate and reason. deid.Cross gives it its
// person_id, replaces the record's own key, and makes it a deid.Batch, which
// is the only thing stage.Append takes. It lies in a Parquet part now.
//
// When all is staged the run is settled: of two versions of a record the newer
// stays, what the source deleted goes, and so does what hangs on a record that
// a sensitive code took out. The tallies must sum to the records read, or the
// run ends here. The parts are sealed, the marts are built beside the published
// ones, and CURRENT moves: wearable_daily has a row in which those 412 steps
// are part of a day's 9,300.
//
// # The night after
//
// Where feeds are fetched, only what has changed since then goes this way. A
// push that corrects our reading lands, and touches its person. The delta
// (delta.go) finds all that person's records, wherever they landed (find.go), has
// them take the same way again (pick.go, reread.go), and puts what comes of it
// in a layer above the other rows. What the roster knew of persons, and where
// their records lie, is kept beside the rows of a run for that (keep.go,
// locate.go); so is on which day somebody's records will be read in another way
// though nothing of them changes (renew.go). Where nothing is fetched, a run that
// died once all was staged is published by the next (resume.go).
//
// # The packages
//
//	config                  what the operator wants: config.yaml, read strictly
//	strict                  YAML in which nothing is passed over
//	fetch                   the contract with a system that holds data; fetchtest its suite
//	fetch/bulk              a FHIR server, by Bulk Data Access; bulktest is such a server
//	fetch/postgres          tables and views of a database, in one snapshot
//	fetch/inbox             files that somebody puts into a folder, each once
//	fetch/drop              such a folder of this machine
//	fetch/sftp              such a folder of another machine
//	fetch/credential        secrets, from where alone they may lie
//	landing                 what was fetched, until it is replaced
//	locator                 where in the landing a person's records lie
//	source                  the contract with a format; sourcetest its suite
//	source/scan             JSON in one forward pass
//	source/fhir             resources, R4 and STU3; and what hangs on what
//	source/sharedrecord     a shared record as a folder of FHIR
//	source/gpconnect        GP records as Bundles
//	source/phr              what persons record of themselves
//	source/tabular          hospital tables, as CSV or Parquet
//	source/wearable         what the vendors share; wearabletest for their tests
//	source/wearable/apple   an export of Apple Health
//	source/wearable/fitbit  Fitbit's Web API and export
//	source/wearable/garmin  Garmin's pushes
//	stage                   rows in Parquet, and nothing else
//	stage/seal              what makes parts exist; all that marts know of the stage
//	ledger                  what happened: runs, turns, tallies, quarantine
//	audit                   who had what done, as a chain
//	report                  the gate report, which is signed
//	withdrawal              who was affected by a withdrawal
//	sudden                  a gate that does something else all at once
//	leak                    that nobody is named in what was left
//	metric                  what is watched
//	guard                   a panic is a failure, and has no values
//	durable                 what survives a crash
package pipeline
