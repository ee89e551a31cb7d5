// Package api is what both sides of the HTTP API compile against: the wire types of
// /v2, the codec of its errors, and Client, which makes every call.
//
// A wire type is what travels, never what is stored. Types whose names begin with New
// are bodies of a POST, those that end in Update are bodies of a PATCH, the others are
// what is answered.
package api
