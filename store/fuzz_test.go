package store

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"gondor/app"
)

// FuzzDecodeRecord holds that a record that can be read is stored again as itself, or
// refused with an error, whatever bytes there were.
func FuzzDecodeRecord(f *testing.F) {
	for _, record := range []app.Variable{{ID: "k"}, {ID: "k", Site: "s", Name: "A", Value: app.Sealed{1}, Build: true}} {
		raw, err := json.Marshal(record)
		if err != nil {
			f.Fatal(err)
		}
		f.Add("k", raw)
	}
	f.Add("k", []byte(`{"ID":"k","Name":"\ud800"}`))
	f.Add("", []byte(`null`))
	f.Fuzz(func(t *testing.T, key string, raw []byte) {
		record, err := decode[app.Variable]("variable", key, raw)
		if err != nil {
			return
		}
		again, entries, err := encode("variable", record)
		if err != nil {
			return // an empty key, or one that is too long
		}
		stored, err := decode[app.Variable]("variable", key, again)
		if err != nil || !slices.EqualFunc(entriesOf(stored), entries, entry.equal) {
			t.Errorf("%q came back as %v, %v", again, stored, err)
		}
	})
}

// FuzzDecodeChange holds that a change that can be read has its key's revision.
func FuzzDecodeChange(f *testing.F) {
	f.Add(revisionKey(7), []byte(`{"Revision":7,"Noun":"site","Key":"k"}`))
	f.Add([]byte("short"), []byte(`{}`))
	f.Add(revisionKey(0), []byte(`null`))
	f.Fuzz(func(t *testing.T, key, raw []byte) {
		change, err := decodeChange(key, raw)
		if err == nil && (change.Revision == 0 || !bytes.Equal(revisionKey(change.Revision), key)) {
			t.Errorf("the change %v was read under the key %x", change, key)
		}
	})
}

// FuzzIndexPrefix holds that no value's entries look like another's, whatever keys
// follow, and that entries sort by their values.
func FuzzIndexPrefix(f *testing.F) {
	f.Add("a", "a\x00", "\x01k")
	f.Add("", "\x00", "\xff")
	f.Add("a\x00\x01", "a", "\x00\x01k")
	f.Fuzz(func(t *testing.T, a, b, key string) {
		pa, pb := indexPrefix(a), indexPrefix(b)
		if got, want := bytes.HasPrefix(append(slices.Clone(pb), key...), pa), a == b; got != want {
			t.Errorf("an entry of %q with the key %q is found by %q: %t", b, key, a, got)
		}
		if got, want := bytes.Compare(pa, pb), strings.Compare(a, b); got != want {
			t.Errorf("%q sorts as %d to %q, want %d", a, got, b, want)
		}
	})
}
