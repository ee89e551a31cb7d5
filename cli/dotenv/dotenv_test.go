package dotenv_test

import (
	"reflect"
	"strings"
	"testing"

	"gondor/app"
	"gondor/cli/dotenv"
)

func TestParseReads(t *testing.T) {
	type v = dotenv.Variable
	for name, c := range map[string]struct {
		text string
		want []v
	}{
		"nothing":                               {"", nil},
		"comments and empty lines as nothing":   {"# a\n\n  # b\n", nil},
		"a bare value":                          {"A=b\n", []v{{"A", "b"}}},
		"an empty value":                        {"A=\nB=", []v{{"A", ""}, {"B", ""}}},
		"a value with = in it":                  {"URL=postgres://u:p@h/d?x=y", []v{{"URL", "postgres://u:p@h/d?x=y"}}},
		"the word export":                       {"export A=b", []v{{"A", "b"}}},
		"a key that begins like export":         {"exported=b", []v{{"exported", "b"}}},
		"white space around key and value":      {"  A =  b c  ", []v{{"A", "b c"}}},
		"a comment behind a bare value":         {"A=b # c", []v{{"A", "b"}}},
		"a # inside a bare value":               {"A=b#c", []v{{"A", "b#c"}}},
		"single quotes as they are":             {`A='b\n"$c" # d'`, []v{{"A", `b\n"$c" # d`}}},
		"double quotes with escapes":            {`A="b\n\"c\" \$d \\ \x"`, []v{{"A", "b\n\"c\" $d \\ \\x"}}},
		"quotes over several lines":             {"A=\"b\nc\"\nD=e", []v{{"A", "b\nc"}, {"D", "e"}}},
		"a comment behind quotes":               {"A='b' # c", []v{{"A", "b"}}},
		"line ends of Windows":                  {"A=b\r\nC=d\r\n", []v{{"A", "b"}, {"C", "d"}}},
		"a byte order mark as nothing":          {"\ufeffA=b", []v{{"A", "b"}}},
		"the last of a key that stands twice":   {"A=1\nB=2\nA=3", []v{{"A", "3"}, {"B", "2"}}},
		"an apostrophe inside a bare value":     {"A=it's", []v{{"A", "it's"}}},
		"a dollar sign without expanding it":    {"A=$HOME", []v{{"A", "$HOME"}}},
		"a last line without an end of its own": {"A=b\nC=d", []v{{"A", "b"}, {"C", "d"}}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := dotenv.Parse(c.text)
			if err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %q, %v; want %q", got, err, c.want)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for name, c := range map[string]struct{ text, says string }{
		"a line without =":            {"A=b\nsecret\n", "line 2: there is no ="},
		"a key that can't be one":     {"A=b\n\n1A=c", "line 3"},
		"an open quote":               {"A='b\nc", "line 1: the quote ' is not closed"},
		"an open quote behind escape": {`A="b\"`, "is not closed"},
		"text behind a quote":         {"A='b'c", "behind the closing quote"},
		"a NUL byte":                  {"A=b\x00c", "NUL"},
		"what is not UTF-8":           {"A=\xff", "UTF-8"},
		"a file without end":          {strings.Repeat("#", dotenv.MaxSize+1), "at most"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := dotenv.Parse(c.text)
			if app.CodeOf(err) != app.CodeInvalid || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v; want an invalid that says %q", err, c.says)
			}
		})
	}
}

func TestErrorsNeverTellAValue(t *testing.T) {
	for _, text := range []string{"A='hunter2", "A='x'hunter2", "hunter2", "1=hunter2", "A=hunter2\x00"} {
		_, err := dotenv.Parse(text)
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: the error is %v", text, err)
		}
	}
}

func TestSplitTakesAllBehindTheFirstEquals(t *testing.T) {
	got, err := dotenv.Split("A='b'=c # d")
	if err != nil || got != (dotenv.Variable{Key: "A", Value: "'b'=c # d"}) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("A=b\nexport C='d\ne' # f\nG=\"\\n\\\"\"\n")
	f.Add("A=\"")
	f.Fuzz(func(t *testing.T, text string) {
		variables, err := dotenv.Parse(text)
		if err != nil {
			if app.CodeOf(err) != app.CodeInvalid {
				t.Fatalf("%v is not an error for people", err)
			}
			return
		}
		var again strings.Builder
		for _, v := range variables {
			if strings.ContainsAny(v.Value, "'\r") {
				return // can't be written in single quotes
			}
			again.WriteString(v.Key + "='" + v.Value + "'\n")
		}
		if got, err := dotenv.Parse(again.String()); err != nil || !reflect.DeepEqual(got, variables) {
			t.Fatalf("%q became %q, %v", variables, got, err)
		}
	})
}
