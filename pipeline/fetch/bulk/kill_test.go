package bulk_test

func child() {}
