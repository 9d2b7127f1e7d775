#include "upstream/address_guard.h"

#include <string_view>
#include <vector>

#include "tests/support/catch.h"

using gw::upstream::isPublicAddress;
using gw::upstream::suppliedUrlProblem;
using gw::upstream::urlProblem;

TEST_CASE("addresses of the public internet pass the guard, no others", "[upstream]") {
    const std::vector<std::string_view> refused{"0.0.0.0",
                                                "0.1.2.3",
                                                "10.0.0.1",
                                                "10.255.255.255",
                                                "100.64.0.0",
                                                "100.127.255.255",
                                                "127.0.0.1",
                                                "127.255.255.255",
                                                "169.254.169.254",
                                                "169.254.0.1",
                                                "172.16.0.1",
                                                "172.31.255.255",
                                                "192.0.0.8",
                                                "192.0.2.1",
                                                "192.168.0.1",
                                                "192.168.255.255",
                                                "198.18.0.1",
                                                "198.19.255.255",
                                                "198.51.100.7",
                                                "203.0.113.9",
                                                "224.0.0.1",
                                                "239.255.255.255",
                                                "240.0.0.1",
                                                "255.255.255.255",
                                                "168.63.129.16",
                                                "::",
                                                "::1",
                                                "::ffff:127.0.0.1",
                                                "::ffff:7f00:1",
                                                "::ffff:a9fe:a9fe",
                                                "::ffff:8.8.8.8",
                                                "::7f00:1",
                                                "64:ff9b::7f00:1",
                                                "64:ff9b::10.0.0.1",
                                                "64:ff9b:1::1",
                                                "100::1",
                                                "2001::1",
                                                "2001:db8::1",
                                                "2002:7f00:1::",
                                                "2002:a9fe:a9fe::1",
                                                "3fff::1",
                                                "fc00::1",
                                                "fd00:ec2::254",
                                                "fe80::1",
                                                "fec0::1",
                                                "ff02::1",
                                                "",
                                                "localhost",
                                                "127.1",
                                                "fe80::1%lo"};
    for (const auto address : refused) {
        INFO(address);
        CHECK_FALSE(isPublicAddress(address));
    }
    for (const std::string_view address :
         {"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
          "169.253.255.255", "172.15.255.255", "172.32.0.0", "192.167.255.255", "198.17.255.255", "198.20.0.0",
          "223.255.255.255", "2606:4700:4700::1111", "2a00:1450::1", "2001:4860:4860::8888", "64:ff9b::8.8.8.8",
          "2002:808:808::1"}) {
        INFO(address);
        CHECK(isPublicAddress(address));
    }
}

TEST_CASE("URLs that readers may read differently are refused", "[upstream]") {
    for (const std::string_view url : {"http://u@example.com/",
                                       "http://example.com@127.0.0.1/",
                                       "http://a\\@b/",
                                       "http://a#@b/",
                                       "http://a\tb/",
                                       "http://a\r\nb/",
                                       "http://a b/",
                                       "http://\xef\xbc\x91.1/",
                                       "http://example.com:22/",
                                       "http://example.com:25",
                                       "http://example.com:3306/",
                                       "http://example.com:6379/",
                                       "http://example.com:99999/",
                                       "http://example.com:8o/",
                                       "file:///etc/passwd",
                                       "gopher://example.com/",
                                       "ftp://example.com/",
                                       "HTTP://example.com",
                                       "//example.com",
                                       "http://",
                                       "http:///x",
                                       "http://:80/",
                                       "http://[::1",
                                       "http://[::1]/",
                                       "http://[fe80::1%25lo]/",
                                       "http://[::ffff:7f00:1]:80/",
                                       "http://[2606:4700::1]x/",
                                       "http://%31.1.1.1/",
                                       ""}) {
        INFO(url);
        CHECK_FALSE(suppliedUrlProblem(url).empty());
    }
    for (const std::string_view url : {"https://example.com", "https://example.com/v1", "http://example.com:80/",
                                       "https://example.com:8443/v1?x=a@b", "http://[2606:4700::1]:8080/v1"}) {
        INFO(url);
        CHECK(suppliedUrlProblem(url).empty());
    }
}

TEST_CASE("an operator's URL needs only a scheme and a host", "[upstream]") {
    CHECK(urlProblem("http://127.0.0.1:6379/v1").empty());
    CHECK(urlProblem("http://user:word@proxy.local/").empty());
    CHECK_FALSE(urlProblem("https:/x").empty());
    CHECK_FALSE(urlProblem("https://").empty());
    CHECK_FALSE(urlProblem("http://a/ b").empty());
}
