package app

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
)

// DiskReport is what takes the disk of an installation.
type DiskReport struct {
	DiskSpace
	Used  int64 // of the budget
	Parts []DiskUse
}

// DiskUse is one part with the name of whoever has most of it.
type DiskUse struct {
	DiskPart
	Largest     string // "ada/shop primary"; empty when nobody is told apart
	LargestUsed int64
}

// DiskReport measures what is kept, which only an admin may see. CodeUnavailable where
// nothing is known of it.
func (a *App) DiskReport(ctx context.Context, who Actor) (DiskReport, error) {
	err := a.read(ctx, func(r Reader) error { return Authorize(r, who, ActionGovern, Resource{}, "") })
	if err != nil {
		return DiskReport{}, err
	}
	if a.Disk == nil {
		return DiskReport{}, Fault(CodeUnavailable, "nothing is known of the disk here")
	}
	space, err := a.Disk.Space(ctx)
	if err != nil {
		return DiskReport{}, err
	}
	parts, err := a.Disk.Parts(ctx)
	if err != nil {
		return DiskReport{}, err
	}
	report := DiskReport{DiskSpace: space, Used: used(parts)}
	return report, a.read(ctx, func(r Reader) error {
		for _, part := range parts {
			report.Parts = append(report.Parts, part.use(r))
		}
		return nil
	})
}

func (p DiskPart) use(r Reader) DiskUse {
	if len(p.Owners) == 0 {
		return DiskUse{DiskPart: p}
	}
	owner := slices.MaxFunc(slices.Sorted(maps.Keys(p.Owners)), func(a, b string) int {
		return cmp.Compare(p.Owners[a], p.Owners[b])
	})
	return DiskUse{p, nameOwner(r, owner), p.Owners[owner]}
}

// nameOwner says for people whose a part is: an ID, or the name of a log, which has one or
// two, the nearer behind. What is known no more keeps its ID.
func nameOwner(r Reader, owner string) string {
	parts := strings.Split(owner, "/")
	for _, id := range slices.Backward(parts) {
		if name := nameID(r, id); name != id {
			return name
		}
	}
	return owner
}

// nameID is whose an ID is, or the ID when it is nobody's.
func nameID(r Reader, id string) string {
	if service, err := r.Services().Get(ID[Service](id)); err == nil {
		return nameID(r, string(service.Instance)) + " " + service.Name
	}
	if release, err := r.Releases().Get(ID[Release](id)); err == nil {
		return nameID(r, string(release.Instance))
	}
	if run, err := r.Runs().Get(ID[Run](id)); err == nil {
		return nameID(r, string(run.Instance))
	}
	if run, err := r.TaskRuns().Get(ID[TaskRun](id)); err == nil {
		return nameID(r, string(run.Instance))
	}
	if build, err := r.Builds().Get(ID[Build](id)); err == nil {
		return nameID(r, string(build.Site))
	}
	if instance, err := r.Instances().Get(ID[Instance](id)); err == nil {
		return nameID(r, string(instance.Site)) + " " + instance.Label
	}
	site, err := r.Sites().Get(ID[Site](id))
	if err != nil {
		return id
	}
	group, err := r.Groups().Get(site.Group)
	if err != nil {
		return site.Name
	}
	return group.Name + "/" + site.Name
}
