package cli

import (
	"context"

	"gondor/app"
	"gondor/web/api"
)

// diskColumns are those of what takes the disk.
var diskColumns = []column[api.DiskPart]{
	{"KIND", func(part api.DiskPart) string { return string(part.Kind) }},
	{"USED", func(part api.DiskPart) string { return app.BytesText(part.Used) }},
	{"BUDGET", func(part api.DiskPart) string {
		if part.Budget == 0 {
			return ""
		}
		return app.BytesText(part.Budget)
	}},
	{"MOST OF IT", func(part api.DiskPart) string {
		if part.Largest == "" || part.LargestUsed == 0 {
			return ""
		}
		return part.Largest + " (" + app.BytesText(part.LargestUsed) + ")"
	}},
}

// diskStatus shows what takes the disk of the server.
func (p *Program) diskStatus(ctx context.Context) error {
	client, err := p.client()
	if err != nil {
		return err
	}
	disk, err := client.Disk(ctx)
	if err != nil {
		return err
	}
	if p.flags.output == outputJSON {
		return p.writeJSON(disk)
	}
	err = p.say("Gondor keeps %s of the %s that it may; %s of %s are free on the disk, and %s of them stay so.\n",
		app.BytesText(disk.Used), app.BytesText(disk.Budget), app.BytesText(disk.Free), app.BytesText(disk.Total), app.BytesText(disk.Reserve))
	if err != nil {
		return err
	}
	return table(p.io.Stdout, disk.Parts, diskColumns...)
}
