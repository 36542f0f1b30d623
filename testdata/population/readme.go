package population

// truthText explains the truth to whoever holds a run against it.
const truthText = `# What must become of this population

Nobody in it exists. A person is named by an ordinal here; identifiers.ndjson.gz
says which NHS number, names, postcode and accounts belong to an ordinal, so that
a test can compute the pseudonym and search for what must not be found.

| file | one line is |
|---|---|
| summary.json | the counts: read (input records by feed), tallies (they sum to read), marts (rows), registers |
| records.ndjson.zst | an input record that can be read: what becomes of it and, where it is kept, what is stored |
| rejected.csv | an input record that cannot be read: its file and line (0: the file as a whole) |
| persons.ndjson.zst | a person: outcome, the row of the mart population where there is one, and those of long_term_condition |
| measurements.ndjson.zst | a row of measurement_latest |
| activity_days.ndjson.zst | a row of activity_daily |
| activity.csv | a row of activity_monthly |
| medication.csv | a row of medication_monthly |
| wearable_days.ndjson.zst | a row of wearable_daily, but for whose steps they are |
| identifiers.ndjson.gz | what names a person |

Outcomes are kept, excluded (with gate and reason, in the words of the gates),
rejected, superseded, deleted, deletion (the record that deletes) and unused.
Deletions, rejects and unused records have no line in records.ndjson.zst; they
are counted in summary.json. A record that is kept may give several rows; "code"
is that of the row with part 0, "second" the diastolic value beside the systolic
"value" of a blood pressure, "at" the wall clock in London: midnight of the day
where the feed has the day only. "kind" is the kind of an encounter or an entry
of the PHR, and the metric of a reading. Codes of ICD-10 and OPCS-4 are written
without dots, those of hospital tables without the X that fills them up. "age" is as the marts compute it from month and
year of birth: 90 for everybody over 89, -1 where it is not known.

Persons whose Patient was deleted are nobody to the records that refer to it; as
a whole they are out unless another Patient of theirs stands. A hospital line
with a former number is the person's whose Patient gives it as verified.

What a person has said about the use of their data, coded in their GP record, is
never among the records that are unreadable, orphaned or deleted: nobody could
honour it then. A withdrawal counts while its newest version says so, an
objection whatever a newer version says. Where the whole record of GP Connect cannot be read, nothing has
been said in it. Of the PHR some share a part, and some have asked for what they
shared to be erased, as of some wearables: what was entered, or began, before that
is out, whatever line of the list covers it. A reading that lasts must lie within one connection: the totals
of the days of connecting and disconnecting are out.
`

// livingText explains what is special about the truth of a later day.
const livingText = `
Where the population has lived on (--at), the feeds are whole exports of the
newest version of everything: nothing is superseded, and what was deleted is not
there. What only an older version or a deleted record said is not known then, and
the truth says so: an objection that was coded over, one that refers to a Patient
that was deleted, and that a Patient was deleted at all. The folders of days and
deltas have no truth but identifiers.ndjson.gz: of whom anything changed.
`
