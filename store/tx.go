package store

import "gondor/app"

// tx is app.Tx over one transaction.
type tx struct{ *transaction }

var _ app.Tx = tx{}

func (t tx) Users() app.Table[app.User]   { return table[app.User]{t.transaction, user} }
func (t tx) Tokens() app.Table[app.Token] { return table[app.Token]{t.transaction, token} }
func (t tx) Groups() app.Table[app.ResourceGroup] {
	return table[app.ResourceGroup]{t.transaction, group}
}

func (t tx) Members() app.Table[app.Member]     { return table[app.Member]{t.transaction, member} }
func (t tx) Sites() app.Table[app.Site]         { return table[app.Site]{t.transaction, site} }
func (t tx) SiteUsers() app.Table[app.SiteUser] { return table[app.SiteUser]{t.transaction, siteUser} }

func (t tx) Instances() app.Table[app.Instance] { return table[app.Instance]{t.transaction, instance} }

func (t tx) Services() app.Table[app.Service] { return table[app.Service]{t.transaction, service} }
func (t tx) Builds() app.Table[app.Build]     { return table[app.Build]{t.transaction, build} }
func (t tx) Releases() app.Table[app.Release] { return table[app.Release]{t.transaction, release} }

func (t tx) Deployments() app.Table[app.Deployment] {
	return table[app.Deployment]{t.transaction, deployment}
}

func (t tx) Variables() app.Table[app.Variable] { return table[app.Variable]{t.transaction, variable} }
func (t tx) Hosts() app.Table[app.Host]         { return table[app.Host]{t.transaction, host} }
func (t tx) Drains() app.Table[app.Drain]       { return table[app.Drain]{t.transaction, drain} }
func (t tx) Tasks() app.Table[app.ScheduledTask] {
	return table[app.ScheduledTask]{t.transaction, task}
}

func (t tx) TaskRuns() app.Table[app.TaskRun] { return table[app.TaskRun]{t.transaction, taskRun} }

func (t tx) Runs() app.Table[app.Run] { return table[app.Run]{t.transaction, run} }

func (t tx) Events() app.Table[app.Event] { return table[app.Event]{t.transaction, event} }

func (t tx) Alerts() app.Table[app.Alert] { return table[app.Alert]{t.transaction, alert} }

func (t tx) Receivers() app.Table[app.Receiver] { return table[app.Receiver]{t.transaction, receiver} }

func (t tx) Deliveries() app.Table[app.Delivery] { return table[app.Delivery]{t.transaction, delivery} }

func (t tx) Reader() app.Reader { return reader(t) }
