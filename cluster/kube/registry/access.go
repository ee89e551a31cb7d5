package registry

import (
	"errors"
	"fmt"
	"net/http"
	"sync"

	"github.com/distribution/distribution/v3/registry/auth"

	"gondor/cluster/kube/registry/token"
)

// Our controller in the table that distribution keeps of them, and its one parameter.
const (
	controllerName = "gondor"
	controllerKey  = "key"
)

// register adds the controller to distribution's table, which is one per process. It holds
// no key: that comes with the configuration of each registry.
var register = sync.OnceValue(func() error {
	return auth.Register(controllerName, func(options map[string]any) (auth.AccessController, error) {
		key, ok := options[controllerKey].([]byte)
		if !ok || len(key) == 0 {
			return nil, errors.New("the registry has no key")
		}
		return controller{key}, nil
	})
})

// controller lets requests pass whose token allows all that they ask for. It implements
// auth.AccessController.
type controller struct{ key []byte }

// Authorized implements auth.AccessController.
func (c controller) Authorized(r *http.Request, access ...auth.Access) (*auth.Grant, error) {
	scope, err := c.scope(r)
	if err != nil {
		return nil, challenge{err}
	}
	for _, one := range access {
		if !allows(scope, one) {
			return nil, challenge{fmt.Errorf("the token does not allow to %s %s", one.Action, one.Name)}
		}
	}
	user, _, _ := r.BasicAuth()
	return &auth.Grant{User: auth.UserInfo{Name: user}}, nil
}

func (c controller) scope(r *http.Request) (token.Scope, error) {
	user, password, _ := r.BasicAuth()
	return token.Verify(c.key, user, password)
}

// allows says no to whatever it does not know. Only the administrator deletes, and lists
// what repositories there are.
func allows(scope token.Scope, access auth.Access) bool {
	switch {
	case scope.IsAdmin():
		return true
	case access.Type != "repository":
		return false
	case access.Action == "pull":
		return scope.MayPull(access.Name)
	case access.Action == "push":
		return scope.MayPush(access.Name)
	default:
		return false
	}
}

// challenge is a refusal that says how to sign in. It implements auth.Challenge.
type challenge struct{ error }

// SetHeaders implements auth.Challenge.
func (challenge) SetHeaders(_ *http.Request, w http.ResponseWriter) {
	w.Header().Set("WWW-Authenticate", `Basic realm="Gondor's registry", charset="UTF-8"`)
}
