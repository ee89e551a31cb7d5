package app

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
)

// The words of which names of sites are made up.
const (
	siteAdjectives = "amber bold brave bright calm clear cool crisp early fair fresh gentle golden green grand happy keen kind light lively lucky merry mild noble quick quiet rapid silver smart snowy solid steady still sunny swift tall warm wide wild wise"
	siteNouns      = "acorn anchor arrow beacon birch bridge brook canyon cedar cliff cloud comet cove delta dune eagle ember falcon fern field fjord forest garden glade grove harbor hill island lagoon lake lantern maple meadow mesa oak ocean orchard pine river stone"
)

// madeUpName returns a name such as "quiet-river-4711".
func madeUpName() string {
	adjectives, nouns := strings.Fields(siteAdjectives), strings.Fields(siteNouns)
	return fmt.Sprintf("%s-%s-%d", adjectives[rand.IntN(len(adjectives))], nouns[rand.IntN(len(nouns))], 1000+rand.IntN(9000))
}

// freeSiteName makes up a name that no site of the group has.
func freeSiteName(r Reader, group ResourceGroup) (string, error) {
	for range 100 {
		name := madeUpName()
		_, err := r.Sites().One(SiteByName, group.Key()+"/"+name)
		switch {
		case IsNotFound(err):
			return name, nil
		case err != nil:
			return "", err
		}
	}
	return "", errors.New("make up a name for a site: all that were tried are taken")
}
