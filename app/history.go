package app

import (
	"fmt"
	"iter"
)

// What a deploy reads of the releases and builds before it does not grow with their number.

// numberOf is the value of ReleaseByNumber.
func numberOf(instance ID[Instance], number int) string {
	return fmt.Sprintf("%s/%d", instance, number)
}

// numbered returns the release of an instance that has the number; CodeNotFound when there
// is none.
func numbered(r Reader, instance ID[Instance], number int) (Release, error) {
	return r.Releases().One(ReleaseByNumber, numberOf(instance, number))
}

// newestFirst yields the releases of an instance.
func newestFirst(r Reader, instance Instance) iter.Seq2[Release, error] {
	return func(yield func(Release, error) bool) {
		for number := instance.LastRelease; number > 0; number-- {
			release, err := numbered(r, instance.ID, number)
			if IsNotFound(err) {
				continue
			}
			if !yield(release, err) || err != nil {
				return
			}
		}
	}
}

// newestThatRan lists so many of the releases of an instance that served, now or before,
// newest first.
func newestThatRan(r Reader, instance Instance, count int) ([]Release, error) {
	var ran []Release
	for release, err := range newestFirst(r, instance) {
		if err != nil || len(ran) == count {
			return ran, err
		}
		if release.State.Ran() {
			ran = append(ran, release)
		}
	}
	return ran, nil
}

// buildsUnderWay lists the builds that have not ended.
func buildsUnderWay(r Reader) ([]Build, error) {
	var all []Build
	for _, state := range []BuildState{BuildWaiting, BuildQueued, BuildBuilding} {
		some, err := gather(r.Builds().By(BuildByState, string(state)), every[Build])
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// withArtifact yields the builds that have an artifact.
func withArtifact(r Reader) iter.Seq2[Build, error] {
	return func(yield func(Build, error) bool) {
		for site, err := range r.Sites().Each() {
			if err != nil {
				yield(Build{}, err)
				return
			}
			for build, err := range r.Builds().By(BuildWithArtifact, string(site.ID)) {
				if !yield(build, err) || err != nil {
					return
				}
			}
		}
	}
}
