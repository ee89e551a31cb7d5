package app

import "context"

// Person is what everybody who meets a user in a group, a site or a release may know.
type Person struct {
	Name  string
	Email string
}

// People returns the users of the IDs that still exist, by ID. It is for faces that
// show who made what, or may do what, to somebody who has already been let see that.
func (a *App) People(ctx context.Context, who Actor, ids ...ID[User]) (map[ID[User]]Person, error) {
	people := map[ID[User]]Person{}
	err := a.read(ctx, func(r Reader) error {
		if err := signedIn(who); err != nil {
			return err
		}
		for _, id := range ids {
			user, err := r.Users().Get(id)
			if err != nil && !IsNotFound(err) {
				return err
			}
			if err == nil {
				people[id] = Person{Name: user.Name, Email: user.Email}
			}
		}
		return nil
	})
	return people, err
}
