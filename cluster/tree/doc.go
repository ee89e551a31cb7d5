// Package tree measures, walks and searches the directories of builds, of which nothing is
// known: however deep they are and whatever links are in them, it never leaves them.
package tree
