package app

// Actor is who calls a use case.
type Actor struct {
	User  ID[User]
	Name  string
	Admin bool
}
