package routes

import (
	"reflect"
	"strings"
	"testing"
)

func TestAnAnnotation(t *testing.T) {
	web := []string{"www.example.com"}
	for _, c := range []struct {
		name, text string
		want       Annotation
		faults     []string // what each contains
	}{
		{"names hosts", `{"config":{},"hosts":["www.example.com","*.example.com"]}`, Annotation{Hosts: []string{"www.example.com", "*.example.com"}}, nil},
		{"needs no config", `{"hosts":["www.example.com"]}`, Annotation{Hosts: web}, nil},
		{"may have config of others", `{"config":{"tls":true},"more":1,"hosts":["www.example.com"]}`, Annotation{Hosts: web}, nil},
		{"may have a null config", `{"config":null,"hosts":["www.example.com"]}`, Annotation{Hosts: web}, nil},
		{
			"says how", `{"config":{"notice":"Soon.","instance":"i1","service":"web","port":"http"},"hosts":["www.example.com"]}`,
			Annotation{Config{Port: "http", Notice: "Soon.", Instance: "i1", Service: "web"}, web},
			nil,
		},
		{"may have hosts of one label", `{"hosts":["localhost"]}`, Annotation{Hosts: []string{"localhost"}}, nil},
		{"may have a port that is a number", `{"config":{"port":8080},"hosts":["www.example.com"]}`, Annotation{Config{Port: "8080"}, web}, nil},
		{"is not particular about case, dots and repetition", `{"hosts":["WWW.example.com.","www.example.com"]}`, Annotation{Hosts: web}, nil},
		{"that is no JSON is no route", `hosts: www.example.com`, Annotation{}, []string{"not a JSON object"}},
		{"that is empty is no route", ``, Annotation{}, []string{"not a JSON object"}},
		{"that is followed by more is no route", `{"hosts":["www.example.com"]} x`, Annotation{}, []string{"not a JSON object"}},
		{"without hosts is no route", `{"config":{}}`, Annotation{}, []string{"has no hosts"}},
		{"with hosts of no list is no route", `{"hosts":"www.example.com"}`, Annotation{}, []string{"has no hosts"}},
		{
			"keeps the hosts that are good", `{"hosts":["www.example.com",1,"a b.example.com","10.0.0.1","local_host","http://x.example.com","a.*.example.com"]}`,
			Annotation{Hosts: web},
			[]string{"not a string", "a b.example.com", "IP address", "local_host", "http://x", `a.*.`},
		},
		{
			"keeps its hosts when its config is wrong", `{"config":[],"hosts":["www.example.com"]}`,
			Annotation{Hosts: web},
			[]string{"config"},
		},
		{
			"keeps the rest of its config too", `{"config":{"port":true,"notice":"Soon."},"hosts":["www.example.com"]}`,
			Annotation{Config{Notice: "Soon."}, web},
			[]string{"port"},
		},
		{"with half a port is wrong", `{"config":{"port":80.5},"hosts":["www.example.com"]}`, Annotation{Hosts: web}, []string{"port"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, faults := Parse(c.text)
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %+v; want %+v", got, c.want)
			}
			if len(faults) != len(c.faults) {
				t.Fatalf("got the faults %q; want %q", faults, c.faults)
			}
			for i, fault := range faults {
				if !strings.Contains(fault, c.faults[i]) {
					t.Errorf("got the fault %q; want one with %q", fault, c.faults[i])
				}
			}
		})
	}
}

func TestAnAnnotationReadsAsItWasWritten(t *testing.T) {
	want := Annotation{Config{Port: "8080", Notice: `"Soon" <b>.`, Instance: "i1", Service: "web"}, []string{"*.example.com"}}
	got, faults := Parse(want.String())
	if !reflect.DeepEqual(got, want) || len(faults) > 0 {
		t.Errorf("got %+v, %v; want %+v", got, faults, want)
	}
}

func FuzzAnnotation(f *testing.F) {
	f.Add(`{"config":{"port":8080,"notice":"Soon."},"hosts":["www.example.com","*.example.com"]}`)
	f.Add(`{"hosts":[null,[],{},"..","\u0000"]}`)
	f.Fuzz(func(t *testing.T, text string) {
		said, faults := Parse(text)
		if len(said.Hosts) == 0 && len(faults) == 0 {
			t.Error("there are no hosts, and nothing is said of it")
		}
		for _, host := range said.Hosts {
			if err := checkHost(host); err != nil {
				t.Error(err)
			}
		}
		again, faults := Parse(said.String())
		if len(said.Hosts) > 0 && (!reflect.DeepEqual(again, said) || len(faults) > 0) {
			t.Errorf("%+v reads as %+v, %v", said, again, faults)
		}
	})
}
