package local_test

func serveEngine() {}
