// Package build reads source trees: it checks and keeps what people upload, finds out
// what a tree is made of, and makes the plan by which an engine turns it into
// something that runs. It runs nothing itself.
//
// The steps of a plan keep what they have installed below ${CACHE}, by a hash of all that
// it hangs on: the interpreter, the lock or requirements files, the step itself. The next
// build that has the same hash takes it over. These variables of a build are known to
// steps:
//
//	GONDOR_REBUILD=1         install all dependencies anew
//	DISABLE_COLLECTSTATIC=1  leave Django's static files alone
//	PIP_…, npm_config_…      as pip and npm know them, tokens of indexes among them
//
// Variables are in the environment of the steps and nowhere in the plan. What pip and
// npm install does not hold them.
package build
