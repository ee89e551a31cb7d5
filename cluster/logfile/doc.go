// Package logfile keeps logs as append-only segments within byte budgets: the logs of an
// instance have one together, any other log has its own. It is used by one process at a time.
//
// A log is a directory of segments, each named by the cursor of its first line. A segment
// is a row of records:
//
//	length of the body   4 bytes, big-endian
//	checksum of the body 4 bytes, CRC-32C
//	body:
//	  cursor             8 bytes
//	  time               8 bytes, nanoseconds since 1970
//	  stream             1 byte
//	  length of replica  1 byte
//	  replica, text      the rest
//
// What was written is with the system when Append returns: a kill of the process loses none of
// it. It is brought to the disk within a second, in the background: a loss of power costs what
// was written in the last one. Both may leave torn records, at the end of a segment or, when
// pages of it were lost, before that. Readers pass over them, and behind one at the end the next
// writer begins a new segment.
//
// A search begins with the newest segments, several at once, and ends where it has enough. Each
// line is looked through for text that a match must have, and where that is there or nothing is
// known of it, by an automaton.
package logfile
