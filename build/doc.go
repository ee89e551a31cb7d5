// Package build reads source trees: it checks and keeps what people upload, finds out
// what a tree is made of, and makes the plan by which an engine turns it into
// something that runs. It runs nothing itself.
package build
