package store

import "gondor/app"

// reader is app.Reader over one transaction.
type reader struct{ *transaction }

var _ app.Reader = reader{}

func (r reader) Users() app.Rows[app.User]   { return table[app.User]{r.transaction, user} }
func (r reader) Tokens() app.Rows[app.Token] { return table[app.Token]{r.transaction, token} }

func (r reader) Groups() app.Rows[app.ResourceGroup] {
	return table[app.ResourceGroup]{r.transaction, group}
}

func (r reader) Members() app.Rows[app.Member] { return table[app.Member]{r.transaction, member} }
func (r reader) Sites() app.Rows[app.Site]     { return table[app.Site]{r.transaction, site} }
func (r reader) SiteUsers() app.Rows[app.SiteUser] {
	return table[app.SiteUser]{r.transaction, siteUser}
}

func (r reader) Instances() app.Rows[app.Instance] {
	return table[app.Instance]{r.transaction, instance}
}

func (r reader) Services() app.Rows[app.Service] { return table[app.Service]{r.transaction, service} }
func (r reader) Builds() app.Rows[app.Build]     { return table[app.Build]{r.transaction, build} }
func (r reader) Releases() app.Rows[app.Release] { return table[app.Release]{r.transaction, release} }

func (r reader) Deployments() app.Rows[app.Deployment] {
	return table[app.Deployment]{r.transaction, deployment}
}

func (r reader) Variables() app.Rows[app.Variable] {
	return table[app.Variable]{r.transaction, variable}
}
func (r reader) Hosts() app.Rows[app.Host]   { return table[app.Host]{r.transaction, host} }
func (r reader) Drains() app.Rows[app.Drain] { return table[app.Drain]{r.transaction, drain} }

func (r reader) Tasks() app.Rows[app.ScheduledTask] {
	return table[app.ScheduledTask]{r.transaction, task}
}

func (r reader) TaskRuns() app.Rows[app.TaskRun] { return table[app.TaskRun]{r.transaction, taskRun} }

func (r reader) Runs() app.Rows[app.Run] { return table[app.Run]{r.transaction, run} }

func (r reader) Events() app.Rows[app.Event] { return table[app.Event]{r.transaction, event} }

func (r reader) Alerts() app.Rows[app.Alert] { return table[app.Alert]{r.transaction, alert} }

func (r reader) Receivers() app.Rows[app.Receiver] {
	return table[app.Receiver]{r.transaction, receiver}
}

func (r reader) Deliveries() app.Rows[app.Delivery] {
	return table[app.Delivery]{r.transaction, delivery}
}
