// Package logfile keeps logs as append-only segments within a byte budget each. It is
// used by one process at a time.
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
// A writer that is killed leaves at most one torn record at the end of a segment; readers
// pass over it and the next writer begins a new segment.
package logfile
