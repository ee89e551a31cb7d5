package router

import "math/rand/v2"

// newRequestID returns 32 hexadecimal digits, unlike any other's as far as chance goes.
// It is a name, not a secret.
func newRequestID() string {
	const digits = "0123456789abcdef"
	var text [32]byte
	high, low := rand.Uint64(), rand.Uint64()
	for i := range 16 {
		text[i] = digits[high&15]
		text[16+i] = digits[low&15]
		high, low = high>>4, low>>4
	}
	return string(text[:])
}

// validRequestID reports whether a proxy's request ID is fit to be passed on and
// logged: 1 to 128 letters, digits and -._~+/=:@.
func validRequestID(id string) bool {
	if id == "" || len(id) > 128 {
		return false
	}
	for i := range len(id) {
		if !nameByte(id[i]) && !idPunctuation(id[i]) {
			return false
		}
	}
	return true
}

func idPunctuation(c byte) bool {
	switch c {
	case '.', '~', '+', '/', '=', ':', '@':
		return true
	}
	return false
}
