package web

import "gondor/web/api"

func (s *server) diskRoutes() []route {
	return []route{show("/v2/disk/", "What takes the disk of the installation, and what may", showDisk)}
}

func showDisk(c *call) (api.Disk, error) {
	report, err := c.App.DiskReport(c.ctx(), c.who)
	if err != nil {
		return api.Disk{}, err
	}
	shown := api.Disk{
		Total: report.Total, Free: report.Free, Reserve: report.Reserve,
		Budget: report.Budget, Used: report.Used, Parts: []api.DiskPart{},
	}
	for _, part := range report.Parts {
		shown.Parts = append(shown.Parts, api.DiskPart{
			Kind: part.Kind, Used: part.Used, Budget: part.Budget,
			Largest: part.Largest, LargestUsed: part.LargestUsed,
		})
	}
	return shown, nil
}
