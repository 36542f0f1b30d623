// Package desk is the release desk: a table leaves when its author has asked for
// it, two reviewers have looked at it, and both have signed.
//
//	PENDING -> SUBMITTED -> PARTIALLY_REVIEWED -> REVIEWED -> APPROVED -> RELEASED
//	                                                      \-> RETURNED, REJECTED
//	(WITHDRAWN by its author until both have voted; RETURNED by the desk when what
//	it rests on has changed)
//
// The straight line of one request: Ask runs the question, has package disclose
// tabulate and control it, and keeps both tables, the question and the findings in a
// folder of the register, sealed by a digest of all of them. Submit adds the author's
// signature over that digest. Look computes all of it again, by the program of the
// reviewer, from the signed snapshot and the question, and where it is the same to the
// byte shows them the unsuppressed summary, the findings, and both tables side by side.
// Vote adds a reviewer's signature over the same digest, and over that of the table as
// their program computes it then; the register holds only the digest of the vote, which
// is blinded, until there are two. TakeBack takes a vote out again, until something is
// issued. Then both are told, and what they come to is done: approved twice, the table is
// computed once more, entered in the register, and only then put into the outbox. Recall
// is for what is found afterwards.
//
// The state is no file: it is what the events in the hash-chained register come to.
// Each event is durable before what follows from it is done, so that a desk that
// dies is taken up by the next command where it was.
//
// What is bound: a vote is on one digest, which is of the question, the snapshot, the
// profile's rules, both tables and the findings. Whatever of it changes, the request is
// worth nothing any more. A release is of the snapshot of its request, while that is
// kept: what nobody can compute again is returned to its author.
//
// What an author's program has written is believed in nothing. What the programs that
// compute are, each says (Request.Program, record): that the reviewers' are those of the
// project is for whoever installs them.
//
// Limits. People are told apart by name and by key; that two keys are held by two
// people no program can see. A first vote is not shown by any command before the second
// is there, but who can read the register's folder as its owner can read the file of it.
// Nobody can make a vote without its reviewer's private key.
package desk
